"""A training under way: what it tells, on its way to the store."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from typing import Any

import orjson

from deepaas.exceptions import DeepaasError
from deepaas.executors.base import Watcher
from deepaas.log import getLogger
from deepaas.trainings.events import Event, Kind
from deepaas.trainings.lines import Lines
from deepaas.trainings.record import Status, Training
from deepaas.trainings.store import Store

LOG = getLogger(__name__)
# Seconds between two writings of what a training tells.
PAUSE = 0.02
# Seconds until a store that cannot be written to is tried again.
FIRST_RETRY, LAST_RETRY = 0.2, 5.0
# Characters of output that are kept for a training; of more, the newest.
LOG_LIMIT = 16 * 1024 * 1024
# Characters that one event holds.
LOG_PIECE = 256 * 1024


class Job(Watcher):
    """A training that this server runs, or will run when its turn comes.

    Args:
        training: what is known of it; changed here.
        store: where it is kept.
        last_event: number of the last event that is in the store.
    """

    def __init__(self, training: Training, store: Store, last_event: int = 0) -> None:
        self.training = training
        self.listens = False
        self.cancelled = False
        # Set once nothing of it runs any more; what has become of it is written down after that.
        self.ended = asyncio.Event()
        self.cancelling: asyncio.Task[None] | None = None
        self.task: asyncio.Task[None] | None = None
        self._store = store
        self._seq = last_event
        self._lines = Lines()
        self._events: list[Event] = []
        self._kept: deque[tuple[int, int]] = deque()
        self._kept_size = 0
        self._forget_log_to = 0
        self._pace: tuple[float, float] | None = None
        self._metrics: dict[str, float | None] = {}
        self._changed, self._ending = asyncio.Event(), asyncio.Event()
        self._written = asyncio.Event()
        self._writer = asyncio.create_task(self._write())

    def started(self) -> None:
        """See ``Watcher``."""
        self.training.started = time.time()
        self.become(Status.RUNNING)

    def reported(self, report: Any) -> None:
        """See ``Watcher``; what training code reports that is no report is ignored."""
        match report:
            case ("listens",):
                self.listens = True
            case ("progress", float() as step, None | float() as total):
                self._progress(step, total)
            case ("metrics", dict() as values, None | float() as step):
                self._report_metrics(values, step)

    def printed(self, data: bytes) -> None:
        """See ``Watcher``."""
        self._log(self._lines.feed(data))

    def become(self, status: Status, message: str = "") -> None:
        """Change the training's state.

        Args:
            status: the new one.
            message: why, if it failed.
        """
        self.training.status = status
        self.training.message = message
        if status.finished:
            self._log(self._lines.finish())
            self.training.finished = time.time()
            self.ended.set()
        said = {"status": status.value, **({"message": message} if message else {})}
        self._add(Kind.STATUS, said)

    async def close(self) -> None:
        """Wait until all is written."""
        self._ending.set()
        self._changed.set()
        await asyncio.shield(self._writer)

    def abandon(self) -> None:
        """Write no more."""
        self._writer.cancel()

    async def news(self) -> None:
        """Wait until something new has been written."""
        await self._written.wait()

    def _progress(self, step: float, total: float | None) -> None:
        now = time.time()
        if self._pace is None or step < self._pace[1]:
            self._pace = (now, step)
        begun, first = self._pace
        said: dict[str, Any] = {"step": _number(step), "total": _number(total)}
        if total and math.isfinite(total):
            said["fraction"] = min(max(step / total, 0.0), 1.0)
            if step > first:
                said["eta"] = round((now - begun) / (step - first) * max(total - step, 0.0), 3)
        self.training.progress = orjson.dumps(said)
        if self._events and self._events[-1].kind is Kind.PROGRESS:
            self._seq = self._events.pop().seq - 1
        self._add(Kind.PROGRESS, said)

    def _report_metrics(self, values: dict[str, Any], step: float | None) -> None:
        numbers = {
            str(name).encode(errors="replace").decode(): _number(value)
            for name, value in values.items()
        }
        self._metrics |= numbers
        self.training.metrics = orjson.dumps(self._metrics)
        self._add(Kind.METRIC, {"step": _number(step), "values": numbers})

    def _log(self, text: str) -> None:
        for start in range(0, len(text), LOG_PIECE):
            piece = text[start : start + LOG_PIECE]
            self._add(Kind.LOG, {"text": piece.encode(errors="replace").decode()})
            self._kept.append((self._seq, len(piece)))
            self._kept_size += len(piece)
        while self._kept_size > LOG_LIMIT:
            self._forget_log_to, size = self._kept.popleft()
            self._kept_size -= size

    def _add(self, kind: Kind, said: dict[str, Any]) -> None:
        self._seq += 1
        self._events.append(Event(self._seq, kind, orjson.dumps(said)))
        self._changed.set()

    async def _write(self) -> None:
        while not self._ending.is_set() or self._changed.is_set():
            await self._changed.wait()
            await self._write_all()
            with contextlib.suppress(TimeoutError):
                # Not wait_for, which loses a cancellation that comes just when it is over.
                async with asyncio.timeout(PAUSE):
                    await self._ending.wait()

    async def _write_all(self) -> None:
        """Write what is new, however long it takes until the store can be written to."""
        retry = FIRST_RETRY
        while self._changed.is_set():
            self._changed.clear()
            forgotten, events = self._forget_log_to, self._events
            self._events = []
            events = [e for e in events if e.kind is not Kind.LOG or e.seq > forgotten]
            try:
                await self._store.save(self.training, events, forgotten)
            except DeepaasError as error:
                self._events[:0] = events
                self._changed.set()
                LOG.error("What training %s tells waits: %s", self.training.identifier, error)
                await asyncio.sleep(retry)
                retry = min(2 * retry, LAST_RETRY)
                continue
            self._forget_log_to = 0 if self._forget_log_to == forgotten else self._forget_log_to
            written, self._written = self._written, asyncio.Event()
            written.set()


def _number(value: Any) -> float | None:
    """Return a number that JSON can hold, without a fraction where it has none."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)
