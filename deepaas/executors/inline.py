"""Jobs in this very process, one after the other: for debugging a model."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Self

from deepaas.exceptions import RemoteError, WorkerNotReady
from deepaas.executors import reporting
from deepaas.executors.base import NOBODY, Condition, Job, Last, Setup, State, Watcher
from deepaas.executors.flow import asynchronous
from deepaas.executors.outcomes import describe

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Seconds in which a job that was interrupted is cancelled, by whoever listens to signals.
PATIENCE = 5.0


class InlineExecutor:
    """Runs jobs where it is, and nothing else meanwhile.

    SIGINT and SIGTERM raise KeyboardInterrupt in what it runs. The event loop hears of them
    afterwards: whoever has it listen to signals cancels the job.

    Args:
        setup: makes the state.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._state: Any = None
        self.size = 1
        self.ready = False

    @property
    def condition(self) -> Condition:
        """See ``Executor.condition``."""
        return Condition(State.READY if self.ready else State.UNLOADED)

    @property
    def processes(self) -> list[int]:
        """There are none but this one."""
        return []

    @property
    def waiting(self) -> int:
        """None can: nothing else happens while one runs."""
        return 0

    async def start(self) -> None:
        """See ``Executor.start``."""
        try:
            with _interruptible():
                state = self._setup()
            self._state = await _awaited(state)
        except (Exception, SystemExit) as error:
            kind, text, trace = describe(error)
            failure = WorkerNotReady(f"{kind}: {text}" if text else kind)
            failure.add_note(trace)
            raise failure from error
        self.ready = True

    async def run(
        self,
        job: Job,
        *args: Any,
        watcher: Watcher = NOBODY,
        abandoned: Callable[[], None] | None = None,
        kill: bool = False,
        patience: float | None = None,
    ) -> Any:
        """See ``Executor.run``; a job that runs here cannot be abandoned, and prints for itself."""
        watcher.started()
        reporting.link(watcher.reported)
        # Arguments arrive as they would in a worker.
        received = pickle.loads(pickle.dumps(args))  # noqa: S301 - made on the spot
        try:
            with _interruptible():
                value = job(self._state, *received)
            value = await _awaited(value)
        except KeyboardInterrupt as error:
            await asyncio.sleep(PATIENCE)
            raise RemoteError(*describe(error)) from error
        except (Exception, SystemExit) as error:
            raise RemoteError(*describe(error)) from error
        if type(value) is GeneratorType:
            value = asynchronous(value)
        if type(value) is not AsyncGeneratorType:
            return value
        stream = _Items(value)
        return stream if await stream.begin() else stream.result

    async def drain(self) -> None:
        """There is nothing to wait for."""

    async def close(self) -> None:
        """There is nothing to end."""


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let signals interrupt what runs in this thread, which keeps the event loop from running."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


class _Items:
    """Items of a generator; see ``Stream``."""

    def __init__(self, items: AsyncGenerator[Any, None]) -> None:
        self._items = items
        self._first: list[Any] = []
        self.result: Any = None

    async def begin(self) -> bool:
        """Have the first item made; false if there is none."""
        try:
            self._first.append(await anext(self))
        except StopAsyncIteration:
            return False
        return True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._first:
            return self._first.pop()
        try:
            item = await anext(self._items)
        except StopAsyncIteration:
            raise
        except (Exception, SystemExit) as error:
            raise RemoteError(*describe(error)) from error
        if isinstance(item, Last):
            self.result = item.value
            await self.aclose()
            raise StopAsyncIteration
        return item

    async def aclose(self) -> None:
        """See ``Stream.aclose``."""
        await self._items.aclose()


async def _awaited(value: Any) -> Any:
    while type(value) is CoroutineType:
        value = await value
    return value
