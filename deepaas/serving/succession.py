"""Which workers predict for a model: the first ones, and those that take over from them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from deepaas.calls import context_for
from deepaas.exceptions import (
    Conflict,
    FunctionNotOffered,
    ModelError,
    ModelStarting,
    WorkerNotReady,
)
from deepaas.executors.base import Condition, Executor, State
from deepaas.serving.on_demand import OnDemand

Confirm = Callable[[], Awaitable[None]]
Renewed = Callable[[Path | None], Executor]


class Succession:
    """The workers that predict, which may be renewed, loaded and unloaded.

    Args:
        name: of the model.
        predictor: runs predictions.
        version: version of what the model brings itself; empty if it is not known.
        promoted: the training whose result ``predictor`` serves, if any.
        renewed: makes another predictor, whose workers are warmed with what lies in a directory, or
            with what the model brings itself; None where that is not wanted.
        starting: whether predictions are refused until ``start`` has been awaited.
    """

    def __init__(
        self,
        name: str,
        predictor: Executor,
        version: str = "",
        promoted: str | None = None,
        renewed: Renewed | None = None,
        starting: bool = False,
    ) -> None:
        self._name = name
        self.predictor = predictor
        self._own_version = version
        self.promoted = promoted
        self._renewed = renewed
        self._starting = starting
        self._draining: set[asyncio.Task[None]] = set()

    @property
    def version(self) -> str:
        """What predicts: the training that was promoted, else the version of the model itself."""
        return self.promoted or self._own_version

    @property
    def ready(self) -> bool:
        """Whether a worker lives that would predict, or is started for a call."""
        return not self._starting and self.predictor.ready

    @property
    def condition(self) -> Condition:
        """How the workers are: not loaded, starting, ready, or failed and why."""
        return Condition(State.STARTING) if self._starting else self.predictor.condition

    async def start(self) -> None:
        """Set them up, but for those that wait for a call.

        Raises:
            WorkerNotReady: they do not get ready.
        """
        await self.predictor.start()
        self._starting = False

    def refuse_while_starting(self) -> None:
        """Let nothing through before they have been set up for the first time.

        Raises:
            ModelStarting: they have not.
        """
        if self._starting:
            raise ModelStarting(f"model {self._name!r} is not ready yet")

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
            raise FunctionNotOffered(f"model {self._name!r} is served here as it is")
        self.refuse_while_starting()
        predictor = self._renewed(directory)
        try:
            # They serve others, too, than the one who has them started.
            await asyncio.create_task(predictor.start(), context=context_for())
        except WorkerNotReady as error:
            what = f"training {promoted}" if promoted else "what it brings itself"
            raise self._not_ready(f" with {what}: {error}", error) from None
        try:
            if confirmed:
                await confirmed()
        except BaseException:
            await asyncio.shield(predictor.close())
            raise
        former, self.predictor, self.promoted = self.predictor, predictor, promoted
        draining = asyncio.create_task(former.drain())
        self._draining.add(draining)
        draining.add_done_callback(self._draining.discard)

    async def load(self) -> None:
        """Set up all of them, those as well that would wait for a call.

        Raises:
            ModelStarting: they are set up for the first time at this moment.
            ModelError: they do not get ready.
        """
        self.refuse_while_starting()
        if not isinstance(self.predictor, OnDemand):
            return
        try:
            await self.predictor.load()
        except WorkerNotReady as error:
            raise self._not_ready(f": {error}", error) from None

    def unload(self) -> None:
        """End them, until the next call.

        Raises:
            Conflict: they are not there on demand, or are at a call.
        """
        if not isinstance(self.predictor, OnDemand):
            raise Conflict(
                f"model {self._name!r} stays loaded: it was not told to be loaded at its first "
                "call, or to be unloaded after a time (lazy, unload_after)"
            )
        unloaded = self.predictor.unload("a client has asked for it")
        if not unloaded and self.condition.state in (State.READY, State.STARTING):
            raise Conflict(f"model {self._name!r} is at a call")

    async def close(self) -> None:
        """End all of them, those as well whose last predictions run."""
        for draining in self._draining:
            draining.cancel()
        await asyncio.gather(self.predictor.close(), *self._draining, return_exceptions=True)

    def _not_ready(self, how: str, error: WorkerNotReady) -> ModelError:
        notes = "\n".join(getattr(error, "__notes__", ()))
        return ModelError(f"model {self._name!r} does not get ready{how}", notes)
