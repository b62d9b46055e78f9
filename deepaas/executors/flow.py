"""Items of jobs that stream, and how far a job may be ahead of whoever takes them."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

# What a job can return that is still to run.
LIVE = frozenset({GeneratorType, CoroutineType, AsyncGeneratorType})
# A job waits while so many items, or so many bytes, have been sent and not been taken.
MOST_ITEMS, MOST_BYTES = 16, 1024 * 1024
# Number of a job, and how many of its items have been taken in all.
GRANT = struct.Struct("<QQ")


@dataclass(frozen=True)
class Last:
    """What a generator yields in the end, where its job has a result besides its items.

    Args:
        value: the result.
    """

    value: Any


class Window:
    """What a job has sent and nobody has taken yet."""

    def __init__(self) -> None:
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._taken = 0

    @property
    def full(self) -> bool:
        """Whether the job has to wait."""
        return len(self._sizes) >= MOST_ITEMS or self._bytes >= MOST_BYTES

    def sent(self, size: int) -> None:
        """An item of so many bytes has been sent."""
        self._sizes.append(size)
        self._bytes += size

    def taken(self, count: int) -> None:
        """So many items have been taken in all."""
        while self._taken < count and self._sizes:
            self._taken += 1
            self._bytes -= self._sizes.popleft()


async def asynchronous(items: Generator[Any, None, None]) -> AsyncGenerator[Any, None]:
    """Give what a generator gives, and let others run between its items."""
    try:
        for item in items:
            yield item
            await asyncio.sleep(0)
    finally:
        items.close()
