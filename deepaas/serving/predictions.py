"""Predictions that are under way: counted, bounded and timed, with nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from deepaas.authoring import Batching
from deepaas.exceptions import ModelError, Timeout
from deepaas.executors.base import Watcher
from deepaas.files import Scratch, remove
from deepaas.serving.batching import Batcher
from deepaas.serving.failures import error_of, failure
from deepaas.serving.items import Empty
from deepaas.serving.load import Load
from deepaas.serving.statistics import Statistics, Timing
from deepaas.serving.streams import AnswerStream
from deepaas.serving.supply import Supply

# Seconds in which a prediction that has taken too long has to stop, or its worker is replaced.
PATIENCE = 2.0
NO_LIMIT = contextlib.nullcontext()


class Predictions:
    """Has workers predict.

    Args:
        name: of the model.
        workers: those that predict.
        batching: how calls are put together.
        scratch: where large answers are written.
        load: bounds the predictions that run and wait at once.
        timeout: seconds that a prediction may take, until its first item where it streams; 0 for
            any time.

    Attributes:
        batcher: puts calls together; None where each goes to a worker by itself.
        statistics: what has become of them.
    """

    def __init__(
        self,
        name: str,
        workers: Supply,
        batching: Batching,
        scratch: Scratch,
        load: Load,
        timeout: float = 0.0,
    ) -> None:
        self._name = name
        self._workers = workers
        self._scratch = scratch
        self.load = load
        self._timeout = timeout
        self.statistics = Statistics()
        self.batcher: Batcher | None = None
        if batching.largest:
            self.batcher = Batcher(name, batching, lambda: (workers.predictor, workers.version))

    @property
    def waiting(self) -> int:
        """How many of them wait for a worker."""
        waiting = self.batcher.waiting if self.batcher else self._workers.predictor.waiting
        # Other jobs than predictions may wait as well.
        return min(waiting, self.load.under_way)

    async def run(
        self,
        job: Any,
        *args: Any,
        form: tuple[Any, ...],
        within: float | None = None,
        folder: str = "",
    ) -> tuple[Any, str]:
        """Run a job of ``deepaas.serving.runtime`` or ``deepaas.serving.inference``.

        Args:
            job: the job.
            args: its arguments before that for where large answers are written.
            form: those behind.
            within: seconds that it may take, waiting included, where that is less than what the
                model is given anyway.
            folder: where its files are; it goes with the job.

        Returns:
            The job's tuple or a stream, and the version of the model that made it.

        Raises:
            DeepaasError: what the call came to otherwise; see ``ServedModel.predict``.
        """
        timing = Timing()
        try:
            outcome = await self._attempt(
                job, *args, form=form, watcher=timing, within=within, folder=folder
            )
        except Exception:
            self.statistics.failed(timing)
            raise
        self.statistics.succeeded(timing)
        return outcome

    async def _attempt(
        self,
        job: Any,
        *args: Any,
        form: tuple[Any, ...],
        watcher: Watcher,
        within: float | None,
        folder: str,
    ) -> tuple[Any, str]:
        self._workers.refuse_while_unloaded()
        self.load.begin()
        predictor, version = self._workers.predictor, self._workers.version
        spool = self._scratch.new_path()
        left = (spool, folder) if folder else (spool,)

        def discard() -> None:
            for path in left:
                remove(path)

        def ended() -> None:
            self.load.end()
            if folder:
                remove(folder)

        outcome: Any
        limit = self._timeout if within is None else min(within, self._timeout or within)
        try:
            # Where no time is set, none is spent on it.
            async with asyncio.timeout(limit) if limit else NO_LIMIT:
                outcome = await (self.batcher or predictor).run(
                    *(job, *args, spool, *form),
                    watcher=watcher,
                    abandoned=discard,
                    patience=PATIENCE if limit else None,
                )
            if self.batcher:
                outcome, version = outcome
        except BaseException as error:
            discard()
            told = failure(self._name, "predict", error) if isinstance(error, Exception) else error
            if isinstance(told, ModelError):
                self.load.end()
                raise told from None
            self.load.leave()
            if isinstance(error, TimeoutError) and limit:
                text = f"model {self._name!r} did not answer within {limit:g} s, and is stopped"
                raise Timeout(text) from None
            raise
        if type(outcome) is tuple:
            ended()
            return outcome, version
        remove(spool)
        if isinstance(outcome, Empty) or hasattr(outcome, "__anext__"):
            # It is under way until all of it has been sent.
            return await AnswerStream.of(outcome, self._failure_of_stream, ended), version
        ended()
        raise error_of(self._name, "predict", outcome)

    def _failure_of_stream(self, outcome: Any) -> Exception:
        if not isinstance(outcome, Exception):
            return error_of(self._name, "predict", outcome)
        return failure(self._name, "predict", outcome)
