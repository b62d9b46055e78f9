"""A model in service."""

from __future__ import annotations

import asyncio
from functools import cached_property
from pathlib import Path
from typing import Any

from deepaas.exceptions import (
    FunctionNotOffered,
    RemoteError,
    WorkerDied,
    WorkerNotReady,
)
from deepaas.executors.base import NOBODY, Executor, Watcher
from deepaas.files import Scratch
from deepaas.model.describe import metadata_of, stock_metadata
from deepaas.schema.accept import streamed_as
from deepaas.schema.description import Arguments, Description
from deepaas.schema.parsing import Received
from deepaas.serving.answers import Answer, Inferred
from deepaas.serving.batching import Batcher
from deepaas.serving.failures import error_of, failure
from deepaas.serving.inference import infer, infer_items
from deepaas.serving.load import Load
from deepaas.serving.measures import Count
from deepaas.serving.outcomes import Trained
from deepaas.serving.predictions import Predictions
from deepaas.serving.runtime import predict, predict_document, predict_shown, train
from deepaas.serving.statistics import Statistics
from deepaas.serving.streams import AnswerStream
from deepaas.serving.supply import Renewed, Supply
from deepaas.tensors.metadata import model_metadata
from deepaas.tensors.request import Call


class ServedModel(Supply):
    """A description, and executors that do what it describes.

    Args:
        description: what the model offers.
        model: the object, asked for its metadata only.
        predictor: runs predictions.
        trainer: runs trainings; None if those that predict do that too.
        scratch: where large answers are written.
        load: bounds the predictions that run and wait at once; None where any number may.
        timeout: seconds that a prediction may take, until its first item where it streams; 0 for
            any time.
        starting: whether predictions are refused until ``start`` has been awaited.
        version: version of what the model brings itself; empty if it is not known.
        renewed: see ``Supply``.
        promoted: the training whose result ``predictor`` serves, if any.
        replaced: workers of its predictors that have ended and were replaced.
        directory: what that training has left.
    """

    def __init__(
        self,
        description: Description,
        model: Any,
        predictor: Executor,
        trainer: Executor | None,
        scratch: Scratch,
        load: Load | None = None,
        timeout: float = 0.0,
        starting: bool = False,
        version: str = "",
        renewed: Renewed | None = None,
        promoted: str | None = None,
        replaced: Count | None = None,
        directory: Path | None = None,
    ) -> None:
        super().__init__(
            description.name, predictor, starting, version, renewed, promoted, directory
        )
        self.description = description
        self._model = model
        self._trainer = trainer
        self._scratch = scratch
        self._replaced = replaced or Count()
        self._predictions = Predictions(
            self.name, self, description.batching, scratch, load or Load(self.name), timeout
        )

    @property
    def restarts(self) -> int:
        """How many workers have ended and were replaced."""
        return self._replaced.value

    @property
    def load(self) -> Load:
        """How many predictions are under way."""
        return self._predictions.load

    @property
    def waiting(self) -> int:
        """How many predictions wait for a worker."""
        return self._predictions.waiting

    @property
    def statistics(self) -> Statistics:
        """What has become of predictions."""
        return self._predictions.statistics

    @property
    def batcher(self) -> Batcher | None:
        """Puts predictions together; None where each goes to a worker by itself."""
        return self._predictions.batcher

    @property
    def trains(self) -> bool:
        """Whether it can train."""
        return self.description.train is not None

    @property
    def executors(self) -> list[Executor]:
        """What runs its predictions and trainings."""
        return [self.predictor, *filter(None, (self._trainer,))]

    @property
    def trainings_at_once(self) -> int:
        """How many of its trainings run at once; others wait."""
        return (self._trainer or self.predictor).size

    @property
    def predict_arguments(self) -> Arguments:
        """The arguments of predict.

        Raises:
            FunctionNotOffered: the model cannot predict.
        """
        return self._offered(self.description.predict, "predict")

    @property
    def train_arguments(self) -> Arguments:
        """The arguments of train.

        Raises:
            FunctionNotOffered: the model cannot train.
        """
        return self._offered(self.description.train, "train")

    async def metadata(self) -> dict[str, Any]:
        """Return what the model says of itself.

        Raises:
            ModelRefusal: its ``get_metadata`` raised an HTTP error.
            ModelError: it raised anything else.
        """
        if self._is_silent:
            return self._stock_metadata
        return await asyncio.to_thread(metadata_of, self.name, self._model)

    @property
    def tensors(self) -> dict[str, Any]:
        """What the Open Inference Protocol says of it."""
        versions = {"versions": [self.version]} if self.version else {}
        return {**self._tensors, **versions}

    @cached_property
    def _tensors(self) -> dict[str, Any]:
        return model_metadata(self.description)

    @cached_property
    def _is_silent(self) -> bool:
        return getattr(self._model, "get_metadata", None) is None

    @cached_property
    def _stock_metadata(self) -> dict[str, Any]:
        return stock_metadata(self.name, self._model)

    async def predict(
        self, arguments: dict[str, Any], wanted: str = "", within: float | None = None
    ) -> tuple[Answer | AnswerStream, str]:
        """Predict.

        Args:
            arguments: validated keyword arguments.
            wanted: the ``Accept`` header of the request, which chooses the form of a stream where
                the model itself offers no choice.
            within: seconds that it may take, waiting included, where that is less than what the
                model is given anyway; for a stream, until its first item.

        Returns:
            An answer, and the version of the model that made it; whoever sends the answer removes
            the file that it may hold. A model that streams has given its first item by then; the
            stream is to be iterated to its end or closed.

        Raises:
            FunctionNotOffered: the model has no predict, or one that is not implemented.
            ModelRefusal: the model raised an HTTP error.
            ModelError: the model raised, its worker died, or its answer cannot be sent.
            ModelStarting: its workers have never been ready yet.
            Overloaded: too many wait already.
            Timeout: it took too long, and is stopped.
            DiskFull: there is no room for its answer.
        """
        accept = self.predict_arguments.accepted(arguments)
        form = (streamed_as(wanted),)
        return await self._predict(predict, arguments, accept, form=form, within=within)

    async def predict_document(
        self, received: Received, wanted: str = "", within: float | None = None
    ) -> tuple[Answer | AnswerStream, str]:
        """Predict for a large JSON document or form, which the worker reads and validates.

        Neither time nor memory of this process is spent on it, and others are answered meanwhile.

        Args:
            received: the request.
            wanted: see ``predict``.
            within: likewise.

        Raises:
            InvalidArguments: naming each argument that does not fit.
            MalformedRequest: the document cannot be read.
            DeepaasError: see ``predict``.
        """
        declared = self.predict_arguments
        names = {"Accept", *(one.key for one in declared if "headers" in one.places)}
        parts = {
            "query": list(received.query.items()),
            "form": list(received.form.items()),
            "headers": [(name, one) for name in names for one in received.headers.getall(name, ())],
            "cookies": list(received.cookies.items()),
        }
        form = (streamed_as(wanted),)
        body = received.body
        return await self._predict(predict_document, body, parts, form=form, within=within)

    async def predict_shown(
        self, arguments: dict[str, Any], item_by_item: bool = False
    ) -> tuple[Answer | AnswerStream, str]:
        """Predict; return the answer without the API's envelope, and the result's ``repr``.

        Args:
            arguments: validated keyword arguments.
            item_by_item: whether a model that streams makes a stream of JSON, without a ``repr``;
                else its items are taken for a list.

        Raises:
            DeepaasError: see ``predict``.
        """
        accept = self.predict_arguments.accepted(arguments)
        outcome, _ = await self._predictions.run(
            predict_shown, arguments, accept, form=(item_by_item,)
        )
        if isinstance(outcome, AnswerStream):
            return outcome, ""
        *answer, shown = outcome
        return Answer(*answer), shown

    async def infer(
        self, call: Call, item_by_item: bool = False, within: float | None = None
    ) -> tuple[Inferred | AnswerStream, str]:
        """Predict with tensors, which the worker reads and makes.

        Args:
            call: the request as it came.
            item_by_item: whether a model that streams makes a stream of answers, one for each
                item; else its items are taken for a list.
            within: see ``predict``.

        Returns:
            An answer, and the version of the model that made it; see ``predict``.

        Raises:
            MalformedRequest: the request cannot be read; names the tensor.
            InvalidArguments: naming each argument that does not fit.
            DeepaasError: see ``predict``.
        """
        folder = self._scratch.new_path() if self.predict_arguments.has_files else ""
        job = infer_items if item_by_item and not self.batcher else infer
        outcome, version = await self._predictions.run(
            job, call, self.version, form=(folder,), within=within, folder=folder
        )
        return (Inferred(*outcome) if type(outcome) is tuple else outcome), version

    async def _predict(
        self, job: Any, *args: Any, form: Any, within: float | None
    ) -> tuple[Answer | AnswerStream, str]:
        outcome, version = await self._predictions.run(job, *args, form=form, within=within)
        return Answer(*outcome) if type(outcome) is tuple else outcome, version

    def changed(self) -> None:
        """See ``Supply``: calls that wait for a batch need not wait for the former workers."""
        if self.batcher:
            self.batcher.wake()

    async def close(self) -> None:
        """End all workers."""
        ends = [self.close_supply(), *(one.close() for one in filter(None, (self._trainer,)))]
        await asyncio.gather(*ends, return_exceptions=True)

    async def train(
        self, arguments: dict[str, Any], folder: str = "", watcher: Watcher = NOBODY
    ) -> bytes:
        """Train; cancelling the awaiting task kills the training with all its children.

        Args:
            arguments: validated keyword arguments.
            folder: what is kept for the training, see ``deepaas.current``.
            watcher: is told when the training begins, and what it reports and prints.

        Returns:
            What the model's train returned, as JSON.

        Raises:
            FunctionNotOffered: the model has no train, or one that is not implemented.
            ModelRefusal: the model raised an HTTP error.
            ModelError: the model raised, or its worker died.
        """
        executor = self._trainer or self.predictor
        try:
            outcome = await executor.run(train, arguments, folder, watcher=watcher, kill=True)
        except (RemoteError, WorkerDied, WorkerNotReady) as error:
            raise failure(self.name, "train", error) from None
        if isinstance(outcome, Trained):
            return outcome.output
        raise error_of(self.name, "train", outcome)

    def _offered(self, arguments: Arguments | None, function: str) -> Arguments:
        if arguments is None:
            raise FunctionNotOffered(f"model {self.name!r} has no {function} function")
        return arguments
