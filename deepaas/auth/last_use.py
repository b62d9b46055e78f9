"""When tokens were last shown, written down now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deepaas.auth.store import TokenStore
from deepaas.exceptions import DeepaasError
from deepaas.log import getLogger

LOG = getLogger(__name__)
# Seconds between two writings.
PAUSE = 60.0
# Seconds that the last one may take, when the server stops.
LAST_WRITING = 2.0


class LastUse:
    """Gathers which tokens are shown.

    Args:
        store: where that is written down.
    """

    def __init__(self, store: TokenStore) -> None:
        self._store = store
        self._used: dict[str, float] = {}
        self._any = asyncio.Event()

    def note(self, known: str) -> None:
        """Note that a token is shown.

        Args:
            known: its hash.
        """
        self._used[known] = time.time()
        self._any.set()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Write down what is noted, at most once a minute, and what is left in the end."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait((keeping,))
            try:
                async with asyncio.timeout(LAST_WRITING):
                    await self._write()
            except TimeoutError:
                LOG.warning("When tokens were last used could not be written down in time")

    async def _keep(self) -> None:
        while True:
            await self._any.wait()
            await self._write()
            await asyncio.sleep(PAUSE)

    async def _write(self) -> None:
        used, self._used = self._used, {}
        self._any.clear()
        if not used:
            return
        try:
            await self._store.note_use(used)
        except DeepaasError as error:
            LOG.warning("When tokens were last used is not written down: %s", error)
