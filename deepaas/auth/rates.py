"""How much each caller may ask for in a time.

Libraries for this keep counts in Redis or sort requests into windows; here one process keeps one
number for each caller, which is all that the generic cell rate algorithm needs.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from deepaas.auth.addresses import network_of
from deepaas.exceptions import LimitExceeded, PayloadTooLarge
from deepaas.options.kinds import Rate
from deepaas.settings import Settings

# Callers without tokens are addresses, of which there are many; of those that have not asked for
# longest nothing is known any more.
MOST_CALLERS = 10_000


class Meter(Protocol):
    """Tells who has had too much."""

    def take(self, who: str, amount: int = 1) -> None:
        """Let somebody have some.

        Args:
            who: the subject of a caller.
            amount: how much.

        Raises:
            LimitExceeded: it is too much for now.
            PayloadTooLarge: it would always be too much.
        """


class Unlimited:
    """Lets everybody have all; see ``Meter``."""

    def take(self, who: str, amount: int = 1) -> None:
        """See ``Meter``."""


class Metered:
    """Lets each have so much in a time; see ``Meter``.

    All of it may be had at once, and then as much as comes back, evenly, in the course of time.

    Args:
        option: its name, for those who have had too much.
        rate: how much in which time.
        clock: gives the time in seconds.
    """

    def __init__(
        self, option: str, rate: Rate, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = f"--{option}, {rate.text}"
        self._most = rate.amount
        self._seconds = rate.seconds
        self._clock = clock
        # When each may have all again.
        self._free: OrderedDict[str, float] = OrderedDict()

    def take(self, who: str, amount: int = 1) -> None:
        """See ``Meter``."""
        if amount > self._most:
            raise PayloadTooLarge(f"{amount} at once are more than {self._name} ever lets through")
        who = network_of(who)
        now = self._clock()
        begun = max(self._free.get(who, now), now)
        free = begun + amount * self._seconds / self._most
        if (wait := free - now - self._seconds) > 1e-9 * self._seconds:
            seconds = math.ceil(wait)
            raise LimitExceeded(
                f"{who} has used up {self._name}; ask again in {seconds} s", seconds
            )
        self._free[who] = free
        self._free.move_to_end(who)
        if len(self._free) > MOST_CALLERS:
            self._free.popitem(last=False)


class RateLimits:
    """What each caller may ask for in a time.

    Args:
        settings: how much that is.

    Attributes:
        requests: meters requests.
        uploads: meters the bytes of their bodies.
        trainings: meters trainings that are started or resumed.
    """

    def __init__(self, settings: Settings) -> None:
        self.requests = _meter("rate-limit-requests", settings.rate_limit_requests)
        self.uploads = _meter("rate-limit-uploads", settings.rate_limit_uploads)
        self.trainings = _meter("rate-limit-trainings", settings.rate_limit_trainings)


def _meter(option: str, rate: Rate | None) -> Meter:
    return Metered(option, rate) if rate else Unlimited()
