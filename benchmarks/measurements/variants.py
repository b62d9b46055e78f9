"""What it costs that something is switched on: the same server without it, and with more of it."""

from collections.abc import Sequence

from measurements.throughput import Sample, remarks
from table import markdown, median, micros, number, ratio

COLUMNS = ("CPU/req", "added", "CPU ÷ first")


def report(
    what: str, samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]
) -> str:
    """Processor time per request, what it is above that of the first server, and their ratio."""
    first = next(iter(titles))
    counts = sorted({sample.clients for sample in samples})
    measured = [name for name in titles if any(one.server == name for one in samples)]
    header = [what, *(f"{column}, {count}" for count in counts for column in COLUMNS)]
    rows = []
    for name in measured:
        row = [titles[name]]
        for count in counts:
            costs, plain = rounds(samples, name, count), rounds(samples, first, count)
            added = [
                one - other
                for one, other in zip(costs, plain, strict=False)
                if one is not None and other is not None
            ]
            row += [micros(median(costs)), micros(median(added)), number(ratio(costs, plain))]
        rows.append(row)
    return markdown(header, rows) + remarks(samples, missing, titles)


def rounds(samples: Sequence[Sample], name: str, clients: int) -> list[float | None]:
    """The processor time per request of one server in all rounds, in order."""
    chosen = (one for one in samples if (one.server, one.clients) == (name, clients))
    return [one.cpu for one in sorted(chosen, key=lambda one: one.round)]
