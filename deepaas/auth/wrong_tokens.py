"""Who shows wrong tokens is told to wait, and the log tells of it in a bounded number of lines."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable

from deepaas.auth.addresses import network_of
from deepaas.auth.authenticator import Authenticator, Caller
from deepaas.exceptions import LimitExceeded, Unauthenticated
from deepaas.log import getLogger

LOG = getLogger(__name__)
# Seconds for which wrong tokens are counted, and then told of together.
PERIOD = 60.0
# Wrong tokens of one address within that, which may be slips.
FREE = 20
# Addresses that are told apart within that; others share what is left.
MOST_ADDRESSES = 10_000
OTHERS = "other addresses"
# Addresses that the log tells of within that, those with most wrong tokens.
MOST_LINES = 10

# Is told an address, and how many wrong tokens came from there.
Told = Callable[[str, int], None]


class WrongTokens:
    """Counts wrong tokens by address.

    Args:
        told: is told what the log is told at the end of each minute that had any.
    """

    def __init__(self, told: Told = lambda address, count: None) -> None:
        self._told = told
        self._counts: Counter[str] = Counter()
        self._end: asyncio.TimerHandle | None = None

    def note(self, address: str, why: str) -> int:
        """Count a wrong token.

        Args:
            address: where it came from.
            why: what is wrong with it, without the token.

        Returns:
            Seconds after which another one may be shown; 0 for at once.
        """
        loop = asyncio.get_running_loop()
        if self._end is None:
            self._end = loop.call_later(PERIOD, self.tell)
        network = network_of(address)
        if network not in self._counts and len(self._counts) >= MOST_ADDRESSES:
            network = OTHERS
        self._counts[network] += 1
        count = self._counts[network]
        if count == 1 and len(self._counts) <= MOST_LINES:
            LOG.warning("A wrong token from %s: %s", network or "somewhere", why)
        return 0 if count <= FREE else math.ceil(self._end.when() - loop.time())

    def tell(self) -> None:
        """Tell how many there were, and begin to count anew."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
        counts, self._counts = self._counts, Counter()
        most = counts.most_common(MOST_LINES)
        if rest := counts.total() - sum(count for _, count in most):
            most.append((f"{len(counts) - len(most)} {OTHERS}", rest))
        for address, count in most:
            self._told(address, count)
            # A single one was told of as it came.
            if count > 1:
                LOG.warning("%d wrong tokens within a minute from %s", count, address)


class Slowing:
    """Has those wait who show wrong tokens, and nobody else; see ``Authenticator``.

    A right token counts wherever it comes from: many may share an address with somebody who
    guesses. What is guessed has 256 bits, so that guesses need not be kept from being looked at.

    Args:
        authenticator: tells who asks.
        wrong: counts wrong tokens.
    """

    def __init__(self, authenticator: Authenticator, wrong: WrongTokens) -> None:
        self._authenticator = authenticator
        self._wrong = wrong

    async def identify(self, token: str | None, address: str) -> Caller:
        """See ``Authenticator``; raises LimitExceeded after too many wrong tokens."""
        try:
            return await self._authenticator.identify(token, address)
        except Unauthenticated as error:
            if not error.shown:
                raise
            if wait := self._wrong.note(address, str(error)):
                raise LimitExceeded(
                    f"{error}; more than {FREE} wrong tokens came from here within a minute, show "
                    f"another one in {wait} s",
                    wait,
                ) from None
            raise
