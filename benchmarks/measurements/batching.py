"""Calls that share the model's work, beside calls that do not."""

from collections.abc import Sequence

from measurements.throughput import Sample, remarks
from table import markdown, median, micros, number, ratio

OURS = ("deepaas", "deepaas-batching")
# Servers with which anything can be written; the others are what one would choose instead.
FLOORS = ("bare", "bare-batching")


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    """Requests per second, latencies, and each server over the best of the others."""
    measured = [name for name in titles if any(one.server == name for one in samples)]
    rates = {name: rounds(samples, name, "rate") for name in measured}
    others = [name for name in measured if name not in OURS + FLOORS]
    best = max(others, key=lambda name: median(rates[name]) or 0.0, default="")
    header = ["mlp", "req/s", "CPU/req", "p50", "p99", "req/s ÷ best other", "p99 ÷ best other"]
    rows = [
        [
            titles[name] + (" (best other)" if name == best else ""),
            number(median(rates[name])),
            *(micros(median(rounds(samples, name, key))) for key in ("cpu", "p50", "p99")),
            number(ratio(rates[name], rates.get(best, []))),
            number(ratio(rounds(samples, name, "p99"), rounds(samples, best, "p99"))),
        ]
        for name in measured
    ]
    return markdown(header, rows) + remarks(samples, missing, titles)


def rounds(samples: Sequence[Sample], name: str, key: str) -> list[float | None]:
    """One figure of one server in all rounds, in order."""
    chosen = (sample for sample in samples if sample.server == name)
    return [getattr(sample, key) for sample in sorted(chosen, key=lambda one: one.round)]
