"""Choosing the content type of an answer, after RFC 9110, section 12.5.1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

ANYTHING = "*/*"
JSON, EVENTS = "application/json", "text/event-stream"
LINES = ("application/x-ndjson", "application/jsonl")
# What a model that streams answers, if it says nothing else: events, lines of JSON, its text or
# bytes as they are, or all items at once.
STREAMED = (EVENTS, *LINES, "text/plain", "application/octet-stream", JSON)


@lru_cache(maxsize=256)
def streamed_as(header: str) -> str:
    """Choose the content type of a stream for which the model offers no choice.

    Args:
        header: the value of an ``Accept`` header; empty if there was none.
    """
    return negotiate(header, STREAMED, EVENTS) or EVENTS


def negotiate(header: str, offered: Sequence[str], default: str) -> str | None:
    """Choose what a client gets.

    Args:
        header: the value of an ``Accept`` header.
        offered: the content types that the model can answer, in its order.
        default: the one for a client that takes anything.

    Returns:
        One of ``offered``, or None if the client takes none of them.
    """
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    best: tuple[float, int, int, int] | None = None
    chosen = None
    for order, content_type in enumerate(offered):
        matching = [
            (specificity, -position, quality)
            for position, (pattern, quality) in enumerate(ranges)
            if (specificity := _specificity(pattern, content_type.lower())) >= 0
        ]
        if not matching:
            continue
        specificity, position, quality = max(matching)
        preference = len(offered) if content_type == default else -order
        rank = (quality, specificity, position, preference)
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, content_type
    return chosen


def names_something(header: str) -> bool:
    """Tell whether an ``Accept`` header asks for more than just anything."""
    return any(_range(part)[0] != ANYTHING for part in header.split(",") if part.strip())


def first_type(header: str) -> str:
    """Return the content type that an ``Accept`` header names first, in lower case."""
    return _range(header.split(",", 1)[0])[0]


def _range(part: str) -> tuple[str, float]:
    pattern, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = min(1.0, max(0.0, float(value)))
            except ValueError:
                quality = 1.0
    return (ANYTHING if pattern == "*" else pattern), quality


def _specificity(pattern: str, content_type: str) -> int:
    if pattern == content_type:
        return 2
    if pattern == ANYTHING:
        return 0
    if pattern.endswith("/*") and content_type.startswith(pattern[:-1]):
        return 1
    # Some models offer image/*, and answer what they like.
    if content_type.endswith("/*") and pattern.startswith(content_type[:-1]):
        return 1
    return -1
