"""Markdown tables."""

import statistics
from collections.abc import Iterable, Mapping, Sequence


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    lines = [list(header), ["---"] + ["---:"] * (len(header) - 1), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def notes(texts: Sequence[str]) -> str:
    """A list to stand below a table; nothing without texts."""
    return "".join(f"\n- {text}" for text in texts) + ("\n" if texts else "")


def absences(missing: Mapping[str, str], titles: Mapping[str, str]) -> list[str]:
    """A note for each server that could not be measured."""
    return [f"{titles[name]} was not measured: {reason}" for name, reason in missing.items()]


def median(values: Sequence[float | None]) -> float | None:
    """The median of the values that exist."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def ratio(values: Sequence[float | None], others: Sequence[float | None]) -> float | None:
    """The median of the rounds' ratios; within a round both had the same conditions."""
    pairs = zip(values, others, strict=False)
    return median([a / b for a, b in pairs if a is not None and b])


def number(value: float | None, digits: int = 3) -> str:
    """A number in so many significant digits, thousands set off; a dash for None."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    whole = len(str(int(abs(value))))
    return f"{value:,.{max(0, digits - whole)}f}"


def micros(seconds: float | None) -> str:
    """A time in µs, or in ms from 1 ms on."""
    if seconds is None:
        return "-"
    return f"{number(seconds * 1e6)} µs" if seconds < 1e-3 else f"{number(seconds * 1e3)} ms"


def megabytes(size: float | None) -> str:
    """A size in MB (10⁶ bytes)."""
    return "-" if size is None else f"{number(size / 1e6)} MB"
