"""Writes like the manual of Python, and tells how much like it a text is: an example for DEEPaaS.

Two models in one file, both of the reference manual that ships with Python. One streams, the other
takes batches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Annotated

import numpy as np
from annotated_types import Interval, Len

import deepaas

# Letters beyond ASCII are all the same.
LETTERS = 128
# How much a pair of letters says beside three: as if it had been seen so often.
PAIRS, SINGLES = 4.0, 1.0


@deepaas.predict(model="write")
def write(
    start: Annotated[str, Len(1, 1000)] = "The ",
    letters: Annotated[int, Interval(ge=1, le=10_000)] = 200,
    memory: Annotated[int, Interval(ge=1, le=20)] = 7,
    seed: int | None = None,
) -> Iterator[str]:
    """Write on, letter by letter, in the way of Claude Shannon (1948).

    Open the book at random, look for the last few letters from there on, and take the letter that
    comes after them.

    Args:
        start: What has been written.
        letters: How many to write.
        memory: How many of the last letters are looked for.
        seed: The same seed writes the same.
    """
    random = Random(seed)  # noqa: S311 - this is no secret
    written = start
    for _ in range(letters):
        letter = following(book(), written[-memory:], random)
        written = written[-memory:] + letter
        yield letter


@deepaas.predict(model="score", largest_batch=64)
def score(text: list[Annotated[str, Len(1, 100_000)]]) -> list[float]:
    """Tell how many bits a letter of a text is worth to one who knows the two before it.

    About 2.6 for the manual itself, which is known by heart, 3 for other English, 6 for German,
    and 15 for what nobody would write.

    Args:
        text: Any text.
    """
    codes = [np.frombuffer(coded(f"  {one}"), np.uint8) for one in text]
    joined = np.concatenate(codes)
    bits = surprises()[joined[:-2], joined[1:-1], joined[2:]]
    ends = np.cumsum([len(one) for one in codes])
    starts = np.concatenate([[0], ends[:-1]])
    # Between two texts there are two places where letters of both would be taken together.
    totals = np.array([bits[a : b - 2].sum() for a, b in zip(starts, ends, strict=True)])
    return np.round(totals / [len(one) for one in text], 3).tolist()


@deepaas.warm(model="write")
@cache
def book() -> str:
    """Return the manual, without what is not read aloud."""
    from pydoc_data.topics import topics

    spoken = re.sub(r"[*=|`-]{2,}|[*`|]", " ", " ".join(topics.values()))
    return " ".join(spoken.split())


@deepaas.warm(model="score")
@cache
def surprises() -> np.ndarray:
    """Return how many bits the last of each three letters is worth after the other two."""
    codes = np.frombuffer(coded(book()), np.uint8).astype(np.int64)
    triples = codes[:-2] * LETTERS**2 + codes[1:-1] * LETTERS + codes[2:]
    seen = np.bincount(triples, minlength=LETTERS**3).reshape((LETTERS,) * 3).astype(np.float32)
    single = (seen.sum((0, 1)) + SINGLES) / (seen.sum() + SINGLES * LETTERS)
    pairs = seen.sum(0)
    pair = (pairs + PAIRS * single) / (pairs.sum(-1, keepdims=True) + PAIRS)
    return -np.log2((seen + PAIRS * pair) / (seen.sum(-1, keepdims=True) + PAIRS))


def coded(text: str) -> bytes:
    """Return a byte for each letter."""
    return text.encode("ascii", "replace").replace(b"?", b"\x7f")


def following(text: str, context: str, random: Random) -> str:
    """Return a letter that comes somewhere after a context, or after the end of it."""
    while True:
        place = text.find(context, random.randrange(len(text)))
        if place < 0:
            place = text.find(context)
        if 0 <= place < len(text) - len(context):
            return text[place + len(context)]
        context = context[1:]
