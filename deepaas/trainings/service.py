"""Starting, watching and cancelling trainings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from deepaas.exceptions import DeepaasError, ExecutorClosed, ModelError
from deepaas.executors.base import Watcher
from deepaas.log import getLogger
from deepaas.serving.served import ServedModel
from deepaas.trainings.record import Status, Training, echo, now
from deepaas.trainings.store import MemoryStore

LOG = getLogger(__name__)


class _Observer(Watcher):
    """Writes down how a training gets on."""

    def __init__(self, training: Training) -> None:
        self._training = training

    def started(self) -> None:
        self._training.status = Status.RUNNING


class TrainingService:
    """Runs trainings of all models.

    Args:
        store: where they are kept.
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def start(
        self, model: ServedModel, arguments: Mapping[str, Any], ended: Callable[[], None]
    ) -> Training:
        """Start a training, or queue it behind those that run.

        Args:
            model: the model to train.
            arguments: validated keyword arguments.
            ended: called when it is over, to remove its files.
        """
        training = Training(model.name, echo(arguments))
        self._store.add(training)
        task = asyncio.create_task(self._run(training, model, dict(arguments)))
        self._tasks[training.identifier] = task
        task.add_done_callback(lambda _: self._tasks.pop(training.identifier, None))
        task.add_done_callback(lambda _: ended())
        # Up to its first pause the task learns whether it runs or waits its turn.
        await asyncio.sleep(0)
        return training

    async def complete(self, model: ServedModel, arguments: Mapping[str, Any]) -> Training:
        """Run a training to its end, and return it.

        Args:
            model: the model to train.
            arguments: validated keyword arguments.

        Raises:
            asyncio.CancelledError: it was cancelled.
        """
        training = Training(model.name, echo(arguments))
        self._store.add(training)
        await self._run(training, model, dict(arguments))
        if training.status is Status.CANCELLED:
            raise asyncio.CancelledError
        return training

    def of_model(self, model: ServedModel) -> list[Training]:
        """Return the trainings of a model, oldest first."""
        return self._store.of_model(model.name)

    def get(self, model: ServedModel, identifier: str) -> Training:
        """Return one training.

        Raises:
            UnknownTraining: the model has none with this identifier.
        """
        return self._store.get(model.name, identifier)

    async def delete(self, model: ServedModel, identifier: str) -> Training:
        """Cancel a training that runs or waits; forget one that has ended.

        A cancelled training is returned once its process and all its children are gone.

        Raises:
            UnknownTraining: the model has none with this identifier.
        """
        training = self.get(model, identifier)
        task = self._tasks.get(identifier)
        if training.status.finished or task is None:
            self._store.remove(training)
            return training
        task.cancel()
        await asyncio.wait((task,))
        return training

    async def close(self) -> None:
        """Wait until the executors, which are closed by then, have let go of all trainings."""
        if self._tasks:
            await asyncio.wait(self._tasks.values())

    async def _run(self, training: Training, model: ServedModel, arguments: dict[str, Any]) -> None:
        try:
            training.output = await model.train(arguments, _Observer(training))
            training.status = Status.DONE
        except asyncio.CancelledError:
            training.status = Status.CANCELLED
        except ExecutorClosed:
            training.status = Status.INTERRUPTED
        except DeepaasError as error:
            training.status = Status.ERROR
            training.message = str(error)
            trace = error.trace if isinstance(error, ModelError) else ""
            LOG.error("Training %s: %s\n%s", training.identifier, error, trace)
        except Exception as error:
            training.status = Status.ERROR
            training.message = f"{type(error).__name__}: {error}"
            LOG.exception("Training %s failed", training.identifier)
        training.finished = now()
