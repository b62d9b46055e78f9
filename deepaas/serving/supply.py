"""The workers that predict for a model: which ones, and how they come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from deepaas.calls import context_for
from deepaas.exceptions import (
    FunctionNotOffered,
    ModelError,
    ModelStarting,
    ModelUnloaded,
    WorkerNotReady,
)
from deepaas.executors.base import Condition, Executor, State
from deepaas.log import getLogger
from deepaas.serving.on_demand import OnDemand

LOG = getLogger(__name__)
ASKED_FOR = "a client has asked for it"
Confirm = Callable[[], Awaitable[None]]
Renewed = Callable[[Path | None, bool], Executor]


class Supply:
    """An executor that predicts, and others that take its place.

    Args:
        name: of the model.
        predictor: runs predictions.
        starting: whether predictions are refused until ``start`` has been awaited.
        version: version of what the model brings itself; empty if it is not known.
        renewed: makes another predictor, whose workers are warmed with what lies in a directory, or
            with what the model brings itself, and wait for a call if that is true; None where that
            is not wanted.
        promoted: the training whose result ``predictor`` serves, if any.
        directory: what that training has left.

    Attributes:
        withdrawn: whether it was unloaded, and is not loaded by a call.
    """

    def __init__(
        self,
        name: str,
        predictor: Executor,
        starting: bool,
        version: str,
        renewed: Renewed | None,
        promoted: str | None,
        directory: Path | None,
    ) -> None:
        self.name = name
        self.predictor = predictor
        self.promoted = promoted
        self.withdrawn = False
        self._starting = starting
        self._own_version = version
        self._renewed = renewed
        self._directory = directory
        self._loading: asyncio.Task[None] | None = None
        self._draining: set[asyncio.Task[None]] = set()

    @property
    def version(self) -> str:
        """What predicts: the training that was promoted, else the version of the model itself."""
        return self.promoted or self._own_version

    @property
    def ready(self) -> bool:
        """Whether a worker lives that would predict, or is started for a call."""
        return not self._starting and not self.withdrawn and self.predictor.ready

    @property
    def condition(self) -> Condition:
        """How the workers that predict are: not loaded, starting, ready, or failed and why."""
        if self._starting:
            return Condition(State.STARTING)
        return Condition(State.UNLOADED) if self.withdrawn else self.predictor.condition

    async def start(self) -> None:
        """Set up the workers that predict, but for those that wait for a call.

        Raises:
            WorkerNotReady: they do not get ready.
        """
        await self.predictor.start()
        self._starting = False

    async def renew(
        self, promoted: str | None, directory: Path | None, confirmed: Confirm | None = None
    ) -> None:
        """Let fresh workers predict from now on, without a failed prediction.

        Args:
            promoted: the training whose result they serve; None for what the model brings itself.
            directory: what that training has left.
            confirmed: awaited once they are ready and before they predict; what it raises is raised
                here, and those that were there stay.

        Raises:
            FunctionNotOffered: the workers of this model cannot be renewed.
            ModelStarting: those that it has have never been ready yet.
            ModelError: they do not get ready; those that were there stay.
        """
        if self._renewed is None:
            raise FunctionNotOffered(f"model {self.name!r} is served here as it is")
        self._refuse_while_starting()
        predictor = self._renewed(directory, False)
        try:
            # They serve others, too, than the one who has them started.
            await asyncio.create_task(predictor.start(), context=context_for())
            if confirmed:
                await confirmed()
        except BaseException as error:
            await asyncio.shield(predictor.close())
            if not isinstance(error, WorkerNotReady):
                raise
            what = f"training {promoted}" if promoted else "what it brings itself"
            raise self._not_ready(error, f" with {what}") from None
        self.promoted, self._directory = promoted, directory
        self._put_in(predictor)

    async def load_workers(self) -> None:
        """Set up the workers that predict, those as well that would wait for a call.

        Whoever leaves does not end it: others may wait as well.

        Raises:
            ModelStarting: they are set up for the first time at this moment.
            ModelError: they do not get ready.
        """
        self._refuse_while_starting()
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load(), context=context_for())
            self._loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._loading)

    async def _load(self) -> None:
        if self.withdrawn:
            await self.renew(self.promoted, self._directory)
        elif isinstance(self.predictor, OnDemand):
            try:
                await self.predictor.load()
            except WorkerNotReady as error:
                raise self._not_ready(error) from None

    def unload_workers(self) -> None:
        """End the workers that predict, once what runs in them has come to its end.

        They are there again after ``load_workers``, or for the next call if they are on demand.

        Raises:
            FunctionNotOffered: the workers of this model cannot be made anew.
            ModelStarting: they are set up for the first time at this moment.
        """
        if self._renewed is None:
            raise FunctionNotOffered(f"model {self.name!r} is served here as it is")
        self._refuse_while_starting()
        if self.withdrawn:
            return
        if isinstance(self.predictor, OnDemand):
            if not self.predictor.unload(ASKED_FOR) and self.predictor.busy:
                self._put_in(self._renewed(self._directory, True))
            return
        self._put_in(self._renewed(self._directory, True))
        self.withdrawn = True
        LOG.info("Model %r is unloaded until it is loaded: %s", self.name, ASKED_FOR)

    def _put_in(self, predictor: Executor) -> None:
        """Let other workers predict from now on; those that do end when their calls have."""
        former, self.predictor, self.withdrawn = self.predictor, predictor, False
        self.changed()
        draining = asyncio.create_task(former.drain(), context=context_for())
        self._draining.add(draining)
        draining.add_done_callback(self._draining.discard)

    def _not_ready(self, error: WorkerNotReady, what: str = "") -> ModelError:
        notes = "\n".join(getattr(error, "__notes__", ()))
        return ModelError(f"model {self.name!r} does not get ready{what}: {error}", notes)

    async def close_supply(self) -> None:
        """End all workers that predict."""
        under_way = [*self._draining, *filter(None, (self._loading,))]
        for task in under_way:
            task.cancel()
        await asyncio.gather(self.predictor.close(), *under_way, return_exceptions=True)

    def changed(self) -> None:
        """Other workers predict from now on."""

    def _refuse_while_starting(self) -> None:
        if self._starting:
            raise ModelStarting(f"model {self.name!r} is not ready yet")

    def refuse_while_unloaded(self) -> None:
        """Let nothing through that no worker would do.

        Raises:
            ModelStarting: they are set up for the first time at this moment.
            ModelUnloaded: they have been unloaded, and no call loads them.
        """
        self._refuse_while_starting()
        if self.withdrawn:
            raise ModelUnloaded(f"model {self.name!r} is unloaded, and no call loads it")
