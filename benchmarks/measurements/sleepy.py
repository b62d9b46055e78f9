"""How near the workers come to the ideal when the model only waits."""

from collections.abc import Sequence

from measurements.throughput import Sample, remarks
from table import markdown, median, number
from workloads import NAP_SECONDS


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    """Requests per second and their part of the ideal, for each number of workers and clients."""
    cases = sorted({(sample.workers, sample.clients) for sample in samples})
    header = ["sleepy", *(f"{w} workers, {c} clients" for w, c in cases)]
    rows = []
    for name, title in titles.items():
        cells = []
        for workers, clients in cases:
            rate = median(
                [
                    sample.rate
                    for sample in samples
                    if (sample.server, sample.workers, sample.clients) == (name, workers, clients)
                ]
            )
            part = None if rate is None else rate * NAP_SECONDS / workers
            cells.append("-" if part is None else f"{number(rate)}/s, {part:.3f} of ideal")
        if any(sample.server == name for sample in samples):
            rows.append([title, *cells])
    return markdown(header, rows) + remarks(samples, missing, titles)
