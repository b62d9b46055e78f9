"""An event loop in a thread: what is asynchronous, for those who are not.

It works as well where an event loop runs already, in a notebook for instance.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

T = TypeVar("T")
END = object()


class Background:
    """A thread with an event loop, which ends when it is stopped or nobody refers to it any more.

    Args:
        resource: what is entered and left in the loop, before and after all else.
    """

    def __init__(self, resource: AbstractAsyncContextManager[Any]) -> None:
        started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        thread = threading.Thread(
            target=lambda: asyncio.run(_until_stopped(resource, started)),
            name="deepaas-client",
            daemon=True,
        )
        thread.start()
        self._loop, stopping = started.result()
        self._stop = weakref.finalize(self, _stop, self._loop, stopping, thread)
        # The process may end without a word to the server.
        self._stop.atexit = False

    def stop(self) -> None:
        """End the thread; whatever runs in it is cancelled."""
        self._stop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine, and return what it returns.

        Args:
            coroutine: cancelled if this is interrupted.

        Raises:
            RuntimeError: the thread has been stopped.
        """
        if not self._stop.alive:
            coroutine.close()
            raise RuntimeError("this client is closed")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def iterate(self, items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """Give what an asynchronous generator gives.

        Args:
            items: closed at the end, or when nobody wants more of it.
        """
        # Who is interrupted while the generator is at work has to let it end before it is closed.
        one_at_a_time = asyncio.Lock()
        at_work: asyncio.Task[Any] | None = None

        async def following() -> Any:
            nonlocal at_work
            at_work = asyncio.current_task()
            async with one_at_a_time:
                return await anext(items, END)

        async def close() -> None:
            # An interrupt may have come before ``run`` could cancel anything.
            if at_work is not None:
                at_work.cancel()
            async with one_at_a_time:
                await items.aclose()

        try:
            while (item := self.run(following())) is not END:
                yield item
        finally:
            # Nobody waits for it: the garbage collector may be here, in whatever thread.
            if self._stop.alive:
                asyncio.run_coroutine_threadsafe(close(), self._loop)


async def _until_stopped(
    resource: AbstractAsyncContextManager[Any],
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]],
) -> None:
    stopping = asyncio.Event()
    started.set_result((asyncio.get_running_loop(), stopping))
    async with resource:
        await stopping.wait()


def _stop(
    loop: asyncio.AbstractEventLoop, stopping: asyncio.Event, thread: threading.Thread
) -> None:
    loop.call_soon_threadsafe(stopping.set)
    # The garbage collector may be here, in the thread itself.
    if thread is not threading.current_thread():
        thread.join()
