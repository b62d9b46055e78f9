"""What has been found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a model, or likely to be.

    Args:
        text: what it is.
        mend: what to do about it.
        harmless: whether the model can be served all the same.
    """

    text: str
    mend: str
    harmless: bool = False


Findings = Iterator[Finding]


def in_short(text: object, most: int = 300) -> str:
    """Return a text as one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
