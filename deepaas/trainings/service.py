"""Starting, watching, cancelling and resuming trainings."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from deepaas.current import CANCEL, FILES
from deepaas.exceptions import (
    Conflict,
    DeepaasError,
    ExecutorClosed,
    ModelError,
)
from deepaas.log import getLogger
from deepaas.serving.outward import outward
from deepaas.serving.served import ServedModel
from deepaas.trainings import inputs
from deepaas.trainings.events import Event, Kind
from deepaas.trainings.exclusion import Exclusion
from deepaas.trainings.following import POLL, Following
from deepaas.trainings.forgetting import Forgetting
from deepaas.trainings.job import Job
from deepaas.trainings.limits import Limits
from deepaas.trainings.places import Places
from deepaas.trainings.promotions import Promotions
from deepaas.trainings.record import Status, Training, echo
from deepaas.trainings.servers import BEAT, ServerIdentity
from deepaas.trainings.store import Store

LOG = getLogger(__name__)
# Seconds that a last writing may take when the server stops.
LAST_WRITING = 2.0


Validate = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class TrainingService:
    """Runs trainings of all models.

    Args:
        store: where they are kept.
        folder: where each has a folder of its own.
        limits: how much is run and kept.

    Attributes:
        promotions: which training's result each model serves.
    """

    def __init__(self, store: Store, folder: Path, limits: Limits | None = None) -> None:
        self._store = store
        self._folder = folder
        self._limits = limits or Limits()
        self._me = ServerIdentity.of_this_process()
        self._jobs: dict[str, Job] = {}
        self._places = Places(self._limits.queued, self._jobs)
        self._exclusion = Exclusion()
        self._forgetting = Forgetting(
            store, self._folder_of, self._limits, self._jobs, self._exclusion
        )
        self.promotions = Promotions(
            store, lambda identifier: self._folder_of(identifier) / FILES, self._exclusion
        )
        self._following = Following(store, self._jobs)
        self._stopping = False
        self._minder: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Take over from servers that are gone, and begin to give signs of life.

        Raises:
            StorageUnavailable: the database does not answer.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._store.show_up(self._me)
        await self._interrupt_orphans()
        await self._forgetting.forget_old_ones()
        self._minder = asyncio.create_task(self._mind())

    async def start(
        self,
        model: ServedModel,
        raw: Mapping[str, Any],
        validate: Validate | None = None,
        caller: str = "",
    ) -> Training:
        """Start a training, or queue it behind those that run.

        Args:
            model: the model to train.
            raw: arguments by key, as they came; files among them are moved.
            validate: makes keyword arguments of them; as the model declares them if not given.
            caller: who asks.

        Raises:
            InvalidArguments: naming each argument that does not fit.
            Overloaded: too many wait already.
            DiskFull: it cannot be written down.
            StorageUnavailable: likewise.
        """
        with self._places.taken(model):
            job, arguments = await self._written_down(model, raw, validate, caller)
        return await self._launch(job, model, arguments)

    async def _written_down(
        self,
        model: ServedModel,
        raw: Mapping[str, Any],
        validate: Validate | None,
        caller: str,
    ) -> tuple[Job, dict[str, Any]]:
        training = Training(
            model.name, caller=caller, version=model.version, server=self._me.identifier
        )
        folder = self._folder_of(training.identifier)
        try:
            moved = await asyncio.to_thread(inputs.move_files, raw, folder)
            if validate is None:
                arguments = model.train_arguments.load(moved)
            else:
                arguments = await validate(moved)
            secrets = model.train_arguments.secrets
            await asyncio.to_thread(inputs.note, training, moved, secrets)
            (folder / FILES).mkdir(parents=True)
            training.arguments = echo(arguments, secrets)
            await self._store.add(training)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise
        return Job(training, self._store), arguments

    async def resume(self, model: ServedModel, identifier: str) -> Training:
        """Start a training again that has ended before it was done.

        Args:
            model: its model.
            identifier: of the training.

        Raises:
            UnknownTraining: the model has none with this identifier.
            Conflict: it runs, or is done, or is being forgotten, or a file of it is gone, or it was
                sent a secret, which is not kept.
            InvalidArguments: its arguments do not fit the model any more.
            Overloaded: too many wait already.
        """
        training = await self.get(model, identifier)
        if identifier in self._jobs or training.status in (
            Status.QUEUED,
            Status.RUNNING,
            Status.DONE,
        ):
            raise Conflict(
                f"training {identifier} is {training.status.value}; one that was interrupted or "
                "cancelled or has failed can be resumed"
            )
        with self._places.taken(model), self._exclusion.during(identifier, "resumed"):
            job, arguments = await self._claimed(model, training)
        return await self._launch(job, model, arguments)

    async def _claimed(self, model: ServedModel, training: Training) -> tuple[Job, dict[str, Any]]:
        identifier = training.identifier
        folder = self._folder_of(identifier)
        (folder / FILES).mkdir(parents=True, exist_ok=True)
        arguments = await asyncio.to_thread(inputs.restore, training, model.train_arguments, folder)
        last_event = await self._store.last_event(identifier)
        training.server, training.resumed = self._me.identifier, time.time()
        training.finished = training.output = training.progress = None
        if not await self._store.claim(training):
            raise Conflict(f"training {identifier} is being resumed already")
        (folder / CANCEL).unlink(missing_ok=True)
        return Job(training, self._store, last_event), arguments

    async def wait(self, training: Training) -> None:
        """Wait until a training of this server has ended, and all is written down."""
        if job := self._jobs.get(training.identifier):
            assert job.task is not None  # noqa: S101 - it was launched
            await asyncio.wait((job.task,))

    async def of_model(self, model: ServedModel, caller: str | None = None) -> list[Training]:
        """Return the trainings of a model, oldest first.

        Args:
            model: the model.
            caller: who has asked for them; None for whoever it was.
        """
        jobs = dict(self._jobs)
        found = await self._store.of_model(model.name, caller)
        return [_newest(training, jobs) for training in found]

    async def counts(self) -> dict[tuple[str, str], int]:
        """Return how many trainings there are of which model and in which state."""
        return await self._store.counts()

    async def get(self, model: ServedModel, identifier: str, caller: str | None = None) -> Training:
        """Return one training.

        Args:
            model: its model.
            identifier: of the training.
            caller: who has asked for it; None for whoever it was.

        Raises:
            UnknownTraining: the model has none with this identifier, of this caller.
        """
        jobs = dict(self._jobs)
        return _newest(await self._store.get(model.name, identifier, caller), jobs)

    async def delete(self, model: ServedModel, identifier: str) -> Training:
        """Cancel a training that runs or waits; forget one that has ended.

        A cancelled training is returned once its process and all its children are gone.

        Raises:
            UnknownTraining: the model has none with this identifier.
            Conflict: it is in service, or is being resumed or promoted.
        """
        training = await self.get(model, identifier)
        if job := self._jobs.get(identifier):
            if not training.status.finished:
                # It goes on although whoever asked has left.
                await asyncio.shield(self._cancelling(job))
                return job.training
            # What cannot be written down, on a full disk for instance, need not be any more.
            job.abandon()
            await self.wait(training)
        if not training.status.finished:
            return await self._cancel_elsewhere(model, training)
        await self._forgetting.forget(model.name, identifier)
        return training

    def follow(
        self,
        model: ServedModel,
        identifier: str,
        after: int = 0,
        kinds: Collection[Kind] = (),
        forever: bool = True,
    ) -> AsyncIterator[Event]:
        """Give what happens in a training; see ``Following.follow``."""
        return self._following.follow(model.name, identifier, after, kinds, forever)

    async def has_news(self, identifier: str, after: int) -> bool:
        """Tell whether anything has happened in a training after an event.

        Args:
            identifier: of the training.
            after: the number of the event.
        """
        return identifier in self._jobs or await self._store.last_event(identifier) > after

    async def artifacts(self, model: ServedModel, identifier: str) -> Path:
        """Return the folder with what a training has made.

        Raises:
            UnknownTraining: the model has none with this identifier.
        """
        training = await self._store.get(model.name, identifier)
        return self._folder_of(training.identifier) / FILES

    async def stop(self) -> None:
        """Ask trainings that listen to save what there is, and end the watching of all."""
        self._stopping = True
        self._following.stop()
        asked = [job for job in self._jobs.values() if job.listens and job.task]
        for job in asked:
            (self._folder_of(job.training.identifier) / CANCEL).touch()
        if asked:
            await asyncio.wait(
                [job.task for job in asked if job.task], timeout=self._limits.cancel_grace
            )

    async def close(self) -> None:
        """Write down what has become of all trainings; their executors are closed by then."""
        self._stopping = True
        self._following.stop()
        tasks = [job.task for job in self._jobs.values() if job.task]
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WRITING)
            for job in self._jobs.values():
                job.abandon()
            for task in tasks:
                task.cancel()
        await self.promotions.close()
        if self._minder:
            self._minder.cancel()
            await asyncio.wait((self._minder,))
        with contextlib.suppress(DeepaasError):
            async with asyncio.timeout(LAST_WRITING):
                await self._store.sign_off(self._me)

    async def _launch(self, job: Job, model: ServedModel, arguments: dict[str, Any]) -> Training:
        job.become(Status.QUEUED)
        self._jobs[job.training.identifier] = job
        job.task = asyncio.create_task(self._run(job, model, arguments))
        # Up to its first pause the task learns whether it runs or waits its turn.
        await asyncio.sleep(0)
        return job.training

    async def _run(self, job: Job, model: ServedModel, arguments: dict[str, Any]) -> None:
        training = job.training
        folder = self._folder_of(training.identifier)
        status, message = Status.ERROR, ""
        try:
            training.output = await model.train(arguments, str(folder), job)
            status = Status.DONE
        except (asyncio.CancelledError, ExecutorClosed):
            status = Status.INTERRUPTED
        except DeepaasError as error:
            message = outward(str(error))
            trace = error.trace if isinstance(error, ModelError) else ""
            LOG.error("Training %s: %s\n%s", training.identifier, error, trace)
        except Exception as error:
            message = outward(f"{type(error).__name__}: {error}")
            LOG.exception("Training %s failed", training.identifier)
        if job.cancelled:
            status, message, training.output = Status.CANCELLED, "", None
        elif self._stopping and (folder / CANCEL).exists():
            # It has ended early since it was asked to.
            status, message, training.output = Status.INTERRUPTED, "", None
        job.become(status, message)
        try:
            await job.close()
        finally:
            del self._jobs[training.identifier]
        await self._forgetting.forget_old(training.model)

    def _cancelling(self, job: Job) -> asyncio.Task[None]:
        if job.cancelling is None:
            job.cancelling = asyncio.create_task(self._cancel(job))
        return job.cancelling

    async def _cancel(self, job: Job) -> None:
        assert job.task is not None  # noqa: S101 - it was launched
        job.cancelled = True
        if job.listens and job.training.status is Status.RUNNING:
            # On a full disk it cannot be asked to end, and is killed.
            with contextlib.suppress(OSError, TimeoutError):
                (self._folder_of(job.training.identifier) / CANCEL).touch()
                async with asyncio.timeout(self._limits.cancel_grace):
                    await job.ended.wait()
        if not job.ended.is_set():
            job.task.cancel()
        await job.ended.wait()
        # A store that cannot be written to must not keep whoever asks from knowing.
        await asyncio.wait((job.task,), timeout=LAST_WRITING)

    async def _cancel_elsewhere(self, model: ServedModel, training: Training) -> Training:
        await self._store.request_cancel(training.identifier)
        while not training.status.finished:
            await asyncio.sleep(POLL / 2)
            training = await self._store.get(model.name, training.identifier)
        return training

    async def _mind(self) -> None:
        """Give signs of life, and look at what other servers have written."""
        last_beat = time.monotonic()
        while True:
            await asyncio.sleep(POLL)
            try:
                if self._jobs:
                    for identifier in await self._store.cancel_requests(self._me.identifier):
                        if job := self._jobs.get(identifier):
                            self._cancelling(job)
                if time.monotonic() - last_beat < BEAT:
                    continue
                last_beat = time.monotonic()
                await self._store.show_up(self._me)
                await self._interrupt_orphans()
                self.promotions.follow()
                await self._forgetting.forget_old_ones()
            except Exception as error:
                LOG.warning("The database of trainings cannot be used for now: %s", error)

    async def _interrupt_orphans(self) -> None:
        for identifier in await self._store.interrupt_orphans(self._me):
            LOG.warning("Training %s was interrupted: its server is gone", identifier)

    def _folder_of(self, identifier: str) -> Path:
        return self._folder / identifier


def _newest(stored: Training, jobs: Mapping[str, Job]) -> Training:
    """Return what is known here, where more is known than was written down.

    Args:
        stored: as it was written down.
        jobs: those that ran here before that was read.
    """
    job = jobs.get(stored.identifier)
    return job.training if job else stored
