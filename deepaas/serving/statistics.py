"""How often a model has predicted, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Total:
    """Of several predictions.

    Args:
        count: how many there were.
        ns: what they took together, in nanoseconds.
    """

    count: int = 0
    ns: int = 0


@dataclass
class Statistics:
    """What has become of predictions; those that nobody waited for any more count for nothing.

    Args:
        success: those that were answered; of a stream, its first item.
        fail: those that were refused or have failed.
        last: when one was answered last, in milliseconds since 1970; 0 for never.
    """

    success: Total = field(default_factory=Total)
    fail: Total = field(default_factory=Total)
    last: int = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count what runs inside as one prediction."""
        begun = time.perf_counter_ns()
        try:
            yield
        except Exception:
            self._add(self.fail, begun)
            raise
        self._add(self.success, begun)
        self.last = time.time_ns() // 1_000_000

    @staticmethod
    def _add(total: Total, begun: int) -> None:
        total.count += 1
        total.ns += time.perf_counter_ns() - begun
