"""Calls of a model are put together to batches, before they go to its workers."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from deepaas.authoring import Batching
from deepaas.calls import context_for, current, together
from deepaas.executors.base import NOBODY, Executor, Job, Watcher
from deepaas.log import getLogger
from deepaas.serving.batched import predict_batch
from deepaas.serving.pace import Pace
from deepaas.serving.statistics import Total

LOG = getLogger(__name__)
# Arguments in one batch, in bytes; a call that brings more goes alone.
MOST_BYTES = 8 * 1024 * 1024


@dataclass
class Statistics:
    """What has been put together so far.

    Args:
        sizes: how many batches there were of each size.
        left: calls that were given up before they were answered.
        took: by size, those that workers have answered.
    """

    sizes: Counter[int] = field(default_factory=Counter)
    left: int = 0
    took: dict[int, Total] = field(default_factory=dict)

    @property
    def batches(self) -> int:
        """How many batches workers were given."""
        return self.sizes.total()

    @property
    def calls(self) -> int:
        """How many calls were in them."""
        return sum(size * count for size, count in self.sizes.items())


class _Call:
    """A call that waits, or is in a batch."""

    __slots__ = (
        *("abandoned", "batch", "caller", "future", "patience", "payload", "since", "watcher"),
    )

    def __init__(
        self,
        payload: bytes,
        future: asyncio.Future[Any],
        abandoned: Callable[[], None] | None,
        since: float,
        patience: float | None,
        watcher: Watcher,
    ) -> None:
        self.watcher = watcher
        self.payload = payload
        self.patience = patience
        self.future = future
        self.abandoned = abandoned
        self.since = since
        self.batch: _Batch | None = None
        self.caller = current()

    def discard(self) -> None:
        """Remove what a call has left that nobody waits for any more."""
        if self.abandoned:
            self.abandoned()


class _Batch(Watcher):
    """Calls that a worker was given."""

    listens = False

    def __init__(self, calls: list[_Call], predictor: Executor, version: str) -> None:
        self.calls = calls
        self.predictor = predictor
        self.version = version
        self.began: float | None = None
        payloads = [call.payload for call in calls]
        patience = next((one.patience for one in calls if one.patience is not None), None)
        # Its first step comes before anything else can happen to the executor, such as its end.
        self.context = context_for(together([call.caller for call in calls]))
        self.task: asyncio.Task[list[Any]] = asyncio.get_running_loop().create_task(
            predictor.run(
                predict_batch,
                payloads,
                version,
                watcher=self,
                abandoned=self.discard,
                patience=patience,
            ),
            context=self.context,
        )

    def started(self) -> None:
        """See ``Watcher``: the one before it, if there was any, has ended."""
        self.began = asyncio.get_running_loop().time()
        for call in self.calls:
            call.watcher.started()

    def leave(self) -> None:
        """Interrupt the batch if all its calls have been given up."""
        if all(call.future.cancelled() for call in self.calls):
            self.task.cancel()

    def discard(self) -> None:
        """Remove what all its calls have left."""
        for call in self.calls:
            call.discard()


class Batcher:
    """Gives calls to workers, several at once.

    Calls gather while all workers are busy. Only a batch that would gain nothing by more calls
    goes to a busy worker, one at most, which then need not wait for the server in between. See
    ``Pace`` for how many share a batch.

    Args:
        name: of the model, for the log.
        batching: the bounds.
        serving: returns what predicts now, and its version.
    """

    def __init__(
        self, name: str, batching: Batching, serving: Callable[[], tuple[Executor, str]]
    ) -> None:
        self._name = name
        self._serving = serving
        self._pace = Pace(batching)
        self._waiting: deque[_Call] = deque()
        self._running: set[_Batch] = set()
        self._dispatching = False
        self._timer: asyncio.TimerHandle | None = None
        # When the wait of those that are there began, and how many they were.
        self._lingering: tuple[float, int] | None = None
        self.statistics = Statistics()

    @property
    def waiting(self) -> int:
        """How many calls no worker has begun."""
        ahead = (len(batch.calls) for batch in self._running if batch.began is None)
        return len(self._waiting) + sum(ahead)

    async def run(
        self,
        job: Job,
        *args: Any,
        watcher: Watcher = NOBODY,
        abandoned: Callable[[], None] | None = None,
        patience: float | None = None,
    ) -> tuple[Any, str]:
        """Run a call in a batch.

        Args:
            job: one of those that ``predict_batch`` knows.
            args: its arguments, but for the model.
            watcher: is told when its batch begins.
            abandoned: removes what the call has left, when it ends and nobody waits any more.
            patience: see ``Executor.run``; it counts once nobody waits for any call of its batch.

        Returns:
            What the job would return, and the version of the model that did it.

        Raises:
            DeepaasError: see ``Executor``.
        """
        loop = asyncio.get_running_loop()
        payload = pickle.dumps((job.__name__, args), pickle.HIGHEST_PROTOCOL)
        call = _Call(payload, loop.create_future(), abandoned, loop.time(), patience, watcher)
        self._waiting.append(call)
        if not self._dispatching:
            # Those that this turn of the event loop brings come along.
            self._dispatching = True
            loop.call_soon(self._dispatch_now)
        try:
            return await call.future  # type: ignore[no-any-return]
        except asyncio.CancelledError:
            self._leave(call)
            raise

    def wake(self) -> None:
        """Give away what waits: there are other workers than before."""
        self._dispatch()

    def _dispatch_now(self) -> None:
        self._dispatching = False
        self._dispatch()

    def _dispatch(self, patient: bool = True) -> None:
        self._stop_timer()
        while self._waiting:
            predictor, version = self._serving()
            busy = sum(batch.predictor is predictor for batch in self._running)
            waiting, idle = len(self._waiting), predictor.size - busy
            if idle > 0:
                if patient and self._wait():
                    return
                self._tell_pace(waiting)
            elif idle <= -predictor.size or not self._pace.enough(waiting):
                return
            share = -(-waiting // max(idle, 1))
            if calls := self._take(self._pace.choose(share)):
                self._give(calls, predictor, version)

    def _wait(self) -> bool:
        """Let those that are there wait for more, if that pays."""
        loop = asyncio.get_running_loop()
        now, waiting = loop.time(), len(self._waiting)
        patience = self._pace.patience(waiting, now - self._waiting[0].since)
        if not patience:
            return False
        self._lingering = self._lingering or (now, waiting)
        self._timer = loop.call_later(patience, self._dispatch, False)
        return True

    def _tell_pace(self, waiting: int) -> None:
        if self._lingering:
            since, before = self._lingering
            self._lingering = None
            self._pace.waited(before, waiting, asyncio.get_running_loop().time() - since)
        else:
            self._pace.gave()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _take(self, most: int) -> list[_Call]:
        waiting, size = self._waiting, 0
        taken: list[_Call] = []
        while waiting and len(taken) < most:
            size += len(waiting[0].payload)
            if taken and size > MOST_BYTES:
                break
            call = waiting.popleft()
            # It may be given up already, and not know it yet.
            if not call.future.done():
                taken.append(call)
        return taken

    def _give(self, calls: list[_Call], predictor: Executor, version: str) -> None:
        batch = _Batch(calls, predictor, version)
        for call in calls:
            call.batch = batch
        self._running.add(batch)
        self.statistics.sizes[len(calls)] += 1
        batch.task.add_done_callback(partial(self._ended, batch), context=batch.context)

    def _ended(self, batch: _Batch, task: asyncio.Task[list[Any]]) -> None:
        ended = asyncio.get_running_loop().time()
        self._running.discard(batch)
        # The worker comes first: it can go on while answers are sent.
        self._dispatch()
        if task.cancelled():
            return
        calls, failure = batch.calls, task.exception()
        if failure is None and batch.began is not None:
            seconds = ended - batch.began
            self.statistics.took.setdefault(len(calls), Total()).add(int(seconds * 1e9))
            self._pace.learn(len(calls), seconds)
            LOG.debug("%d calls of model %r took %.1f ms", len(calls), self._name, 1e3 * seconds)
        for place, call in enumerate(calls):
            if call.future.done():
                call.discard()
            elif failure is not None:
                call.future.set_exception(failure)
            else:
                call.future.set_result((task.result()[place], batch.version))

    def _leave(self, call: _Call) -> None:
        self.statistics.left += 1
        if call.batch is not None:
            call.batch.leave()
            return
        with contextlib.suppress(ValueError):
            self._waiting.remove(call)
        if not self._waiting:
            self._stop_timer()
            self._lingering = None
