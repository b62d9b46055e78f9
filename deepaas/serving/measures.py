"""What is counted while it happens; what can be looked up when somebody asks is not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

# Upper bounds of classes of durations, in seconds.
SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
# The same of sizes of batches.
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Histogram:
    """How often values were in which class.

    Args:
        bounds: the largest value of each class, but for the last class, which has none.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    @classmethod
    def of(cls, values: Iterable[tuple[float, int]], bounds: tuple[float, ...]) -> Histogram:
        """Return the histogram of values, of each of which it is known how often it came."""
        made = cls(bounds)
        for value, times in values:
            made.add(value, times)
        return made

    def add(self, value: float, times: int = 1) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    def cumulative(self) -> list[tuple[str, int]]:
        """Return how many values were at most each bound, as Prometheus wants it."""
        found, so_far = [], 0
        for bound, count in zip((*self.bounds, "+Inf"), self.counts, strict=True):
            so_far += count
            found.append((str(bound), so_far))
        return found


class Count:
    """How often something has happened."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0

    def add(self) -> None:
        """It has happened once more."""
        self.value += 1
