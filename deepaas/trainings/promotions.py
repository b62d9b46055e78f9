"""Which training's result a model serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deepaas.exceptions import Conflict, FunctionNotOffered
from deepaas.serving.served import ServedModel
from deepaas.trainings.record import Status, Training
from deepaas.trainings.store import Store


class Promotions:
    """Puts what trainings have made into service, and remembers it.

    Args:
        store: where it is written down.
        files: gives the folder with what a training has made, by its identifier.
    """

    def __init__(self, store: Store, files: Callable[[str], Path]) -> None:
        self._store = store
        self._files = files
        self._models: list[ServedModel] = []

    def attach(self, model: ServedModel) -> None:
        """Let a model follow what is promoted by other servers."""
        if model.description.promotable:
            self._models.append(model)

    async def in_service(self, model: str) -> tuple[str | None, Path | None]:
        """Return the training whose result a model is to serve, and the folder with it.

        Args:
            model: the model's name.
        """
        identifier = await self._store.promoted(model)
        return identifier, None if identifier is None else self._files(identifier)

    async def promote(self, model: ServedModel, training: Training) -> None:
        """Put what a training has made into service, without a failed request.

        Args:
            model: its model.
            training: one that is done.

        Raises:
            FunctionNotOffered: the model takes no part in this.
            Conflict: the training is not done.
            ModelError: the model does not get ready with it; what was in service stays.
        """
        _check(model)
        if training.status is not Status.DONE:
            raise Conflict(
                f"training {training.identifier} is {training.status.value}; one that is done can "
                "be promoted"
            )
        await model.renew(training.identifier, self._files(training.identifier))
        await self._store.promote(model.name, training.identifier)

    async def withdraw(self, model: ServedModel, identifier: str) -> None:
        """Serve what the model brings itself again.

        Args:
            model: the model.
            identifier: of the training that is in service.

        Raises:
            FunctionNotOffered: the model takes no part in this.
            Conflict: another one is in service, or none.
            ModelError: the model does not get ready; what was in service stays.
        """
        _check(model)
        if await self._store.promoted(model.name) != identifier:
            raise Conflict(f"training {identifier} is not in service")
        await model.renew(None, None)
        await self._store.promote(model.name, None)

    async def follow(self) -> None:
        """Serve what other servers have promoted."""
        for model in self._models:
            identifier, directory = await self.in_service(model.name)
            if identifier != model.promoted:
                await model.renew(identifier, directory)


def _check(model: ServedModel) -> None:
    if not model.description.promotable:
        raise FunctionNotOffered(
            f"model {model.name!r} cannot be served from a training: its warm() takes no argument "
            "'directory'"
        )
