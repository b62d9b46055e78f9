"""The event loop of a worker, and the jobs that run in it."""

from __future__ import annotations

import asyncio
import os
import pickle
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import nullcontext
from functools import cached_property, partial
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, TypeVar

from deepaas.calls import NOBODY, Call, context_for
from deepaas.executors import reporting
from deepaas.executors.base import Around
from deepaas.executors.conversation import CANCEL, Conversation, Grants
from deepaas.executors.flow import Last, Window, asynchronous
from deepaas.executors.outcomes import DONE, RAISED, describe, end_child

T = TypeVar("T")
Caller = Callable[[str, bytes], Any]


class Tasks:
    """The worker's event loop, which is made when it is first needed, and the same from then on.

    Args:
        conversation: with the parent.
        grants: which items the parent has taken.
    """

    def __init__(self, conversation: Conversation, grants: Grants) -> None:
        self._conversation = conversation
        self._grants = grants
        self._around: Around = lambda _: nullcontext()
        self._windows: dict[int, _AwaitedWindow] = {}
        self._tasks: dict[int, asyncio.Task[tuple[int, Any]]] = {}

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop."""
        loop = asyncio.new_event_loop()
        loop.add_reader(self._grants.fd, self._granted)
        return loop

    def run(self, awaitable: Awaitable[T]) -> T:
        """Run the loop until something has come to its end, and return what it returns."""
        return self.loop.run_until_complete(_awaited(awaitable))

    def serve(self, call: Caller, around: Around) -> None:
        """Run jobs, each as soon as it comes, until the parent hangs up.

        Args:
            call: calls a job by its name, with pickled arguments.
            around: what each is done in.
        """
        self._around = around
        self.loop.add_reader(self._conversation, self._receive, call)
        self.loop.run_forever()

    async def finish(self, number: int, value: Any) -> Any:
        """Await what a job has returned, and send its items where these are what it returned.

        Args:
            number: of the job.
            value: what it has returned.

        Returns:
            What it comes to.
        """
        while type(value) is CoroutineType:
            value = await value
        if type(value) is GeneratorType:
            value = asynchronous(value)
        if type(value) is AsyncGeneratorType:
            return await self._give(number, value)
        return value

    async def _give(self, number: int, items: AsyncGenerator[Any, None]) -> Any:
        window = self._windows[number] = _AwaitedWindow()
        try:
            async for item in items:
                if type(item) is Last:
                    return item.value
                window.sent(self._conversation.give(number, item))
                await window.room()
        finally:
            del self._windows[number]
            await items.aclose()

    def _granted(self) -> None:
        for number, count in self._grants.read():
            if (window := self._windows.get(number)) is not None:
                window.taken(count)

    def _receive(self, call: Caller) -> None:
        frames = self._conversation.arrived()
        if frames is None:
            self.loop.stop()
            return
        for message, args in frames:
            number, _, name, done_for = pickle.loads(message)  # noqa: S301 - our own parent wrote it
            if name != CANCEL:
                self._begin(number, call, name, args, done_for)
            elif (task := self._tasks.get(number)) is not None:
                task.cancel()

    def _begin(
        self, number: int, call: Caller, name: str, args: bytes, done_for: tuple[Any, ...] | None
    ) -> None:
        self._conversation.begin(number)
        task = self._tasks[number] = self.loop.create_task(
            self._outcome(number, call, name, args),
            context=context_for(NOBODY if done_for is None else Call(*done_for)),
        )
        # Not at its own end: it may be cancelled before it begins.
        task.add_done_callback(partial(self._answer, number))

    async def _outcome(self, number: int, call: Caller, name: str, args: bytes) -> tuple[int, Any]:
        pid = os.getpid()
        reporting.link_here(partial(self._conversation.report, number))
        error: BaseException | None = None
        try:
            with self._around(name):
                outcome = DONE, await self.finish(number, call(name, args))
        except BaseException as raised:
            error = raised
            outcome = RAISED, describe(error)
        if os.getpid() != pid:
            end_child(error)
        return outcome

    def _answer(self, number: int, task: asyncio.Task[tuple[int, Any]]) -> None:
        del self._tasks[number]
        if task.cancelled():
            outcome: tuple[int, Any] = RAISED, describe(asyncio.CancelledError())
        else:
            outcome = task.result()
        self._conversation.answer(number, *outcome)


class _AwaitedWindow(Window):
    """A window at which a task can wait."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def taken(self, count: int) -> None:
        super().taken(count)
        self._news.set()

    async def room(self) -> None:
        """Wait until the job may go on."""
        while self.full:
            self._news.clear()
            await self._news.wait()


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
