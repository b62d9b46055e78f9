"""How many predictions of a model are under way, and how soon there is room for more."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from deepaas.exceptions import Overloaded

# Whoever is refused is told to ask again in so many seconds, at least and at most.
SOONEST, LATEST = 1, 60
# The weight that each prediction takes from those before it.
FADING = 0.99


class Load:
    """Counts predictions, and measures at which pace they end while all workers are busy.

    That pace has in it what a prediction takes, how many workers there are, and what batches save.

    Args:
        name: of the model.
        at_once: predictions that run at once.
        queued: predictions that may wait beside those; None for any number.
        now: the time, in seconds.

    Attributes:
        under_way: predictions that run and wait.
    """

    def __init__(
        self,
        name: str = "",
        at_once: int = 1,
        queued: int | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.under_way = 0
        self._name = name
        self._at_once = at_once
        self._most = math.inf if queued is None else at_once + queued
        self._now = now
        # When the last prediction ended, or all workers began to be busy.
        self._since = 0.0
        # Weighted sums over predictions that ended while all were busy: of ones, and of seconds.
        self._ended = self._seconds = 0.0

    @property
    def window(self) -> int:
        """How many predictions one request may have under way: workers find the next at hand."""
        return int(min(2 * self._at_once, self._most))

    def begin(self) -> None:
        """Take note of a prediction that comes.

        Raises:
            Overloaded: too many are under way; says when to ask again.
        """
        if self.under_way >= self._most:
            raise Overloaded(
                f"{self.under_way} predictions of model {self._name!r} run or wait already",
                self.retry_after(),
            )
        self.under_way += 1
        if self.under_way == self._at_once:
            self._since = self._now()

    def end(self) -> None:
        """Take note of one that has been answered."""
        if self.under_way >= self._at_once:
            now = self._now()
            self._ended = self._ended * FADING + 1
            self._seconds = self._seconds * FADING + now - self._since
            self._since = now
        self.under_way -= 1

    def leave(self) -> None:
        """Take note of one that nobody waits for any more: that says nothing of the pace."""
        self.under_way -= 1

    def retry_after(self) -> int:
        """Return after how many seconds what waits now will have been done, roughly."""
        waiting = self.under_way - self._at_once + 1
        pace = self._seconds / self._ended if self._ended else 0.0
        # The one that is under way may take longer than those before.
        seconds = waiting * max(pace, self._now() - self._since)
        # Sums of fractions are a little off.
        return max(SOONEST, min(math.ceil(round(seconds, 3)), LATEST))
