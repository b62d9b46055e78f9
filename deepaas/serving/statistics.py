"""How often a model has predicted, and how long it took."""

from __future__ import annotations

import time
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

    def succeeded(self, begun: int) -> None:
        """Count a prediction that was answered.

        Args:
            begun: when it began, by ``time.perf_counter_ns``.
        """
        self._add(self.success, begun)
        self.last = time.time_ns() // 1_000_000

    def failed(self, begun: int) -> None:
        """Count one that was refused or has failed; see ``succeeded``."""
        self._add(self.fail, begun)

    @staticmethod
    def _add(total: Total, begun: int) -> None:
        total.count += 1
        total.ns += time.perf_counter_ns() - begun
