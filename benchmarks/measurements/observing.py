"""What it costs to be observed: the same server with more and more of it switched on."""

from collections.abc import Sequence

from measurements.throughput import Sample, remarks
from table import markdown, median, micros, number, ratio

# What all are compared with.
PLAIN = "deepaas-unobserved"
COLUMNS = ("CPU/req", "added", "CPU ÷ nothing")


def report(samples: Sequence[Sample], missing: dict[str, str], titles: dict[str, str]) -> str:
    """Processor time per request, what it is above one that nothing observes, and their ratio."""
    counts = sorted({sample.clients for sample in samples})
    measured = [name for name in titles if any(one.server == name for one in samples)]
    header = ["observing", *(f"{what}, {count}" for count in counts for what in COLUMNS)]
    rows = []
    for name in measured:
        row = [titles[name]]
        for count in counts:
            costs, plain = rounds(samples, name, count), rounds(samples, PLAIN, count)
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
