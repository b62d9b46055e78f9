"""The items of a job in a worker, where they are wanted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Self

from deepaas.executors.flow import MOST_ITEMS

# So many items are taken before the job is told, where there are more already.
AT_ONCE = MOST_ITEMS // 2
# Seconds after which a job is told again that could not be told.
PAUSE = 0.05


class JobStream:
    """Items that a worker sends; see ``Stream``.

    Args:
        grant: tells the job how many of its items have been taken in all; false if it could not.
        leave: sees to it that a job that is not wanted any more ends.

    Attributes:
        result: see ``Stream``.
        left: whether nobody wants more of it.
        over: done when the job has come to its end.
    """

    def __init__(self, grant: Callable[[int], bool], leave: Callable[[], Awaitable[None]]) -> None:
        self._grant = grant
        self._leave = leave
        self._items: deque[Any] = deque()
        self._taken = 0
        self._granted = 0
        self._news: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.result: Any = None
        self.left = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def put(self, item: Any) -> None:
        """The job has given an item."""
        self._items.append(item)
        self._wake()

    def end(self, result: Any = None, error: Exception | None = None) -> None:
        """The job is over.

        Args:
            result: what it came to.
            error: what is raised after its items, if it has failed.
        """
        if not self.over.done():
            self.result, self._error = result, error
            self.over.set_result(None)
            self._wake()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        self._tell_what_was_taken()
        while not self._items:
            if self.left or self.over.done():
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._news = asyncio.get_running_loop().create_future()
            try:
                await self._news
            finally:
                self._news = None
        self._taken += 1
        return self._items.popleft()

    async def aclose(self) -> None:
        """See ``Stream.aclose``."""
        self._items.clear()
        if not self.left and not self.over.done():
            self.left = True
            await self._leave()

    def _tell_what_was_taken(self) -> None:
        untold = self._taken - self._granted
        # The job is told rarely, but before it has to wait for it.
        if not untold or self.over.done() or (self._items and untold < AT_ONCE):
            return
        if self._grant(self._taken):
            self._granted = self._taken
        else:
            asyncio.get_running_loop().call_later(PAUSE, self._tell_what_was_taken)

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


class OwnedStream:
    """A stream that something else is kept for; see ``Stream``.

    Args:
        stream: the stream.
        kept: ends with it.
    """

    def __init__(self, stream: JobStream, kept: AsyncExitStack) -> None:
        self._stream = stream
        self._kept = kept

    @property
    def result(self) -> Any:
        return self._stream.result

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._stream)
        except Exception:
            await self._kept.aclose()
            raise

    async def aclose(self) -> None:
        """See ``Stream.aclose``."""
        await self._stream.aclose()
        await self._kept.aclose()
