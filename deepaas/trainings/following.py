"""What happens in trainings, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from deepaas.trainings.events import Event, Kind
from deepaas.trainings.job import Job
from deepaas.trainings.store import Store

# Seconds between two looks at what other servers have written.
POLL = 1.0


class Following:
    """Reads what has been written down of trainings, and waits for more.

    Args:
        store: where it is written down.
        jobs: trainings of this server, by identifier; looked at whenever that is needed.
    """

    def __init__(self, store: Store, jobs: Mapping[str, Job]) -> None:
        self._store = store
        self._jobs = jobs
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End the waiting of all."""
        self._stopping.set()

    async def follow(
        self,
        model: str,
        identifier: str,
        after: int = 0,
        kinds: Collection[Kind] = (),
        forever: bool = True,
    ) -> AsyncIterator[Event]:
        """Give what happens in a training, from its beginning or from where one was.

        Args:
            model: its model's name.
            identifier: of the training.
            after: the number of the last event that is known already.
            kinds: which kinds; empty for all.
            forever: whether to wait for more until it has ended.

        Raises:
            UnknownTraining: the model has none with this identifier.
        """
        while True:
            job = self._jobs.get(identifier)
            if job and job.task and job.training.status.finished:
                # Its last words are just being written down.
                await asyncio.wait((job.task,), timeout=POLL)
                job = self._jobs.get(identifier)
            news = asyncio.ensure_future(job.news()) if job else None
            try:
                # Asked before the events are: what it has told by its end is among them.
                training = await self._store.get(model, identifier)
                while events := await self._store.events(identifier, after, kinds):
                    for event in events:
                        yield event
                        after = event.seq
                over = job is None and training.status.finished
                if over or not forever or self._stopping.is_set():
                    return
                await self._pause(news)
            finally:
                if news:
                    news.cancel()

    async def _pause(self, news: asyncio.Future[Any] | None) -> None:
        """Wait until there may be something new, or the server stops."""
        stopping = asyncio.ensure_future(self._stopping.wait())
        waiting: set[asyncio.Future[Any]] = {stopping, news} if news else {stopping}
        try:
            await asyncio.wait(waiting, timeout=POLL, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
