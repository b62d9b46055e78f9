"""Clients that measure."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp

from tests.faults.server import PREDICT


async def status(client: aiohttp.ClientSession, path: str, method: str = "GET", **options) -> int:
    """Ask, and return the status of the answer, which is read to its end."""
    async with client.request(method, path, **options) as response:
        await response.read()
        return response.status


async def predict(client: aiohttp.ClientSession, path: str = PREDICT, /, **arguments: Any) -> int:
    """Ask for a prediction; return the status of the answer."""
    return await status(client, path, "POST", params=arguments)


async def timed(awaitable: Awaitable[Any]) -> tuple[float, Any]:
    """Return how many seconds something took, and its result."""
    begin = time.monotonic()
    result = await awaitable
    return time.monotonic() - begin, result


async def until(ask: Callable[[], Awaitable[bool]], seconds: float = 20) -> float:
    """Ask again until the answer is yes; return how many seconds that took."""
    begin = time.monotonic()
    async with asyncio.timeout(seconds):
        while not await ask():
            await asyncio.sleep(0.01)
    return time.monotonic() - begin


async def latencies(
    client: aiohttp.ClientSession, count: int, path: str = PREDICT, method: str = "POST"
) -> list[float]:
    """Ask one after the other; return how many seconds each took. All must be right."""
    taken = []
    for _ in range(count):
        seconds, answered = await timed(status(client, path, method))
        assert answered == 200
        taken.append(seconds)
    return taken


def percentile(values: list[float], percent: int) -> float:
    """Return the value that so many percent do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


async def calmest(ratio: Callable[[], Awaitable[float]], bound: float, rounds: int = 5) -> float:
    """Measure again while others use the machine; return the best, or the first within a bound."""
    best = float("inf")
    for _ in range(rounds):
        best = min(best, await ratio())
        if best <= bound:
            break
    return best


class Load:
    """What clients got that ask without pause: statuses, and names of what went wrong."""

    def __init__(self) -> None:
        self.got: Counter[int | str] = Counter()

    @property
    def asked(self) -> int:
        """How many requests have come to an end."""
        return self.got.total()

    @property
    def hung(self) -> int:
        """How many had no answer in time."""
        return self.got["TimeoutError"] + self.got["ServerTimeoutError"]

    @property
    def wrong(self) -> int:
        """How many were not answered with 200."""
        return self.asked - self.got[200]


@contextlib.asynccontextmanager
async def load(
    client: aiohttp.ClientSession, clients: int, path: str = PREDICT, /, **arguments: Any
) -> AsyncIterator[Load]:
    """Let clients predict all the time of a ``with`` block, and end their last requests."""
    seen = Load()
    stopping = False

    async def go_on() -> None:
        while not stopping:
            try:
                seen.got[await predict(client, path, **arguments)] += 1
            except (aiohttp.ClientError, TimeoutError) as error:
                seen.got[type(error).__name__] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(go_on())
        try:
            yield seen
        finally:
            stopping = True
