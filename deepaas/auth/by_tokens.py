"""Who asks, by the token that is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from deepaas.auth.authenticator import Caller
from deepaas.auth.bearer import RIGHT_FORM
from deepaas.auth.tokens import Token, hashed
from deepaas.exceptions import DeepaasError, Unauthenticated

# Seconds for which what has been read counts. A revocation, by whatever process, acts within them,
# and a prediction costs no look at the database, which would take longer than many a prediction.
VALID = 1.0
# Seconds between two looks for tokens that are not known: wrong ones wait, and cannot keep the
# database busy, while one that has just been made is found.
PAUSE = 0.05


class TokenSource(Protocol):
    """Where tokens are kept."""

    async def tokens(self) -> Mapping[str, Token]:
        """Return those that are not revoked, by their hashes.

        Raises:
            StorageUnavailable: they cannot be read.
        """


class TokenAuthenticator:
    """Knows callers by their tokens; see ``Authenticator``.

    Args:
        sources: where tokens are kept; of those that have the same token, the first counts.
        used: told the hash of each token that is shown, and counts.
    """

    def __init__(
        self, sources: Sequence[TokenSource], used: Callable[[str], None] = lambda _: None
    ) -> None:
        self._sources = sources
        self._used = used
        self._known: dict[str, Token] = {}
        self._read = float("-inf")
        self._tried = float("-inf")
        self._failure: DeepaasError | None = None
        self._reading = asyncio.Lock()

    async def identify(self, token: str | None, address: str) -> Caller:
        """See ``Authenticator``."""
        if token is None:
            raise Unauthenticated(
                "this needs a token, in a header 'Authorization: Bearer dp_...'", shown=False
            )
        if not token:
            raise Unauthenticated(RIGHT_FORM)
        known, now = hashed(token), time.monotonic()
        if now - self._read > VALID:
            await self._read_since(now - VALID)
        found = self._known.get(known)
        if found is None:
            await self._read_since(now)
            found = self._known.get(known)
        if found is None:
            raise Unauthenticated("this token is not known here, or was revoked")
        if found.expired:
            raise Unauthenticated(f"the token {found.name!r} has expired")
        self._used(known)
        return found.caller

    async def _read_since(self, moment: float) -> None:
        """Return once all has been read that was written up to a moment of the clock."""
        async with self._reading:
            if self._tried <= moment:
                await asyncio.sleep(max(0.0, self._tried + PAUSE - time.monotonic()))
                self._tried = time.monotonic()
                self._failure = None
                try:
                    await self._read_all()
                except DeepaasError as error:
                    self._failure = error
            # Those that have waited meanwhile, and those of the next second, need not find out for
            # themselves.
            if self._failure is not None:
                # The traceback would grow with each caller that is refused.
                raise self._failure.with_traceback(None)

    async def _read_all(self) -> None:
        known: dict[str, Token] = {}
        for source in self._sources:
            known = {**await source.tokens(), **known}
        self._known, self._read = known, self._tried
