"""How often a model has predicted, and how long it took."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from deepaas.executors.base import Watcher


@dataclass
class Total:
    """Of several predictions.

    Args:
        count: how many there were.
        ns: what they took together, in nanoseconds.
    """

    count: int = 0
    ns: int = 0

    def add(self, ns: int) -> None:
        """Count one more.

        Args:
            ns: what it took, in nanoseconds.
        """
        self.count += 1
        self.ns += ns


class Timing(Watcher):
    """When a prediction came, and when a worker has begun it; 0 if none has."""

    __slots__ = ("began", "came")
    listens = False

    def __init__(self) -> None:
        self.came = time.perf_counter_ns()
        self.began = 0

    def started(self) -> None:
        """See ``Watcher``."""
        self.began = time.perf_counter_ns()


@dataclass
class Statistics:
    """What has become of predictions; those that nobody waited for any more count for nothing.

    Args:
        success: those that were answered; of a stream, its first item.
        fail: those that were refused or have failed.
        queue: how long those that were answered have waited for a worker.
        infer: how long workers had them: to read, to predict and to encode, alone or in a batch.
        last: when one was answered last, in milliseconds since 1970; 0 for never.
    """

    success: Total = field(default_factory=Total)
    fail: Total = field(default_factory=Total)
    queue: Total = field(default_factory=Total)
    infer: Total = field(default_factory=Total)
    last: int = 0

    def succeeded(self, timing: Timing) -> None:
        """Count a prediction that was answered."""
        now = time.perf_counter_ns()
        self.success.add(now - timing.came)
        if timing.began:
            self.queue.add(timing.began - timing.came)
            self.infer.add(now - timing.began)
        self.last = time.time_ns() // 1_000_000

    def failed(self, timing: Timing) -> None:
        """Count one that was refused or has failed."""
        self.fail.add(time.perf_counter_ns() - timing.came)
