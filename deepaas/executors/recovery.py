"""When workers that have ended are replaced."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

# Pauses before a worker is replaced whose predecessors came to nothing, in seconds.
NO_PAUSE, FIRST_PAUSE, LONGEST_PAUSE = 0.0, 0.5, 30.0
# Whoever needs a worker ends all pauses, but not before so many seconds have passed since the
# last attempt.
PATIENCE = 1.0


def longer(pause: float) -> float:
    """Return the pause, in seconds, that comes after this one."""
    return min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)


class Recovery:
    """The pauses between attempts to replace workers.

    Attributes:
        failure: why the last worker is no more, or did not get ready.
        attempts: how many are under way.
    """

    def __init__(self) -> None:
        self.failure = ""
        self.attempts = 0
        self._pausing = 0
        self._last = float("-inf")
        self._wanted = asyncio.Event()

    async def pause(self, seconds: float) -> None:
        """Wait, but not for so long if somebody needs a worker."""
        if not seconds:
            return
        self._wanted.clear()
        self._pausing += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wanted.wait()
        finally:
            self._pausing -= 1

    @contextlib.contextmanager
    def attempt(self) -> Iterator[None]:
        """Mark what runs in it as an attempt."""
        self.attempts += 1
        try:
            yield
        finally:
            self.attempts -= 1
            self._last = asyncio.get_running_loop().time()

    def hurry(self) -> bool:
        """Let the next attempt begin now.

        Returns:
            False if the last one has only just come to nothing, so that there will be no next
            one for some time.
        """
        if not self._pausing or self.attempts or self._wanted.is_set():
            return True
        if asyncio.get_running_loop().time() - self._last < PATIENCE:
            return False
        self._wanted.set()
        return True
