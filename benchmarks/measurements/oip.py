"""The Open Inference Protocol: one tensor as bytes or as JSON, and questions for metadata."""

from collections.abc import Sequence

from measurements.batching import rounds
from measurements.throughput import Sample, remarks
from table import markdown, median, micros, number, ratio


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    """Requests per second, latencies, and this server over each of the others."""
    measured = [name for name in titles if any(one.server == name for one in samples)]
    ours = rounds(samples, "deepaas", "rate")
    title = samples[0].workload if samples else ""
    header = [title, "req/s", "CPU/req", "p50", "p99", "this server ÷ it"]
    rows = [
        [
            titles[name],
            number(median(rounds(samples, name, "rate"))),
            *(micros(median(rounds(samples, name, key))) for key in ("cpu", "p50", "p99")),
            number(ratio(ours, rounds(samples, name, "rate"))),
        ]
        for name in measured
    ]
    return markdown(header, rows) + remarks(samples, missing, titles)
