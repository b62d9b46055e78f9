"""Which training's result a model serves."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from deepaas.exceptions import Conflict, DeepaasError, FunctionNotOffered
from deepaas.log import getLogger
from deepaas.serving.served import ServedModel
from deepaas.trainings.exclusion import Exclusion
from deepaas.trainings.record import Status, Training
from deepaas.trainings.store import Store

LOG = getLogger(__name__)


class Promotions:
    """Puts what trainings have made into service, and remembers it.

    Args:
        store: where it is written down.
        files: gives the folder with what a training has made, by its identifier.
        exclusion: those that are being changed.
    """

    def __init__(
        self, store: Store, files: Callable[[str], Path], exclusion: Exclusion | None = None
    ) -> None:
        self._store = store
        self._exclusion = exclusion or Exclusion()
        self._files = files
        self._models: list[ServedModel] = []
        self._failed: dict[str, str | None] = {}
        self._following: asyncio.Task[None] | None = None
        # One at a time changes what a model serves, and writes it down or has read it.
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def attach(self, model: ServedModel) -> None:
        """Let a model follow what is promoted by other servers."""
        if model.description.promotable:
            self._models.append(model)

    async def in_service(self, model: str) -> tuple[str | None, Path | None]:
        """Return the training whose result a model is to serve, and the folder with it.

        Args:
            model: the model's name.

        Returns:
            The training's UUID and the folder; None and None where nothing is promoted, or the
            folder is gone, of which the log tells.
        """
        identifier = await self._store.promoted(model)
        if identifier is None:
            return None, None
        if not (directory := self._files(identifier)).is_dir():
            self.pass_over(model, identifier, f"has no files any more, {directory} is gone")
            return None, None
        return identifier, directory

    def pass_over(self, model: str, identifier: str, reason: str) -> None:
        """Note that what is promoted cannot be served for now; it is tried at the next start.

        Args:
            model: the model's name.
            identifier: of the training.
            reason: why not.
        """
        self._failed[model] = identifier
        LOG.error(
            "Model %r serves what it brings itself: training %s, which is promoted, %s. It is "
            "tried again at the next start; withdraw it with DELETE "
            "/v2/models/%s/train/%s/promote, or promote another one",
            *(model, identifier, " ".join(reason.split()), model, identifier),
        )

    async def promote(self, model: ServedModel, training: Training) -> None:
        """Put what a training has made into service, without a failed request.

        Args:
            model: its model.
            training: one that is done.

        Raises:
            FunctionNotOffered: the model takes no part in this.
            Conflict: the training is not done, has no files any more, or is being forgotten.
            ModelError: the model does not get ready with it; what was in service stays.
            StorageUnavailable: it cannot be written down; likewise.
        """
        _check(model)
        if training.status is not Status.DONE:
            raise Conflict(
                f"training {training.identifier} is {training.status.value}; one that is done can "
                "be promoted"
            )
        identifier = training.identifier
        with self._exclusion.during(identifier, "promoted"):
            async with self._locks[model.name]:
                if not (files := self._files(identifier)).is_dir():
                    raise Conflict(f"training {identifier} has no files any more")
                await self._serve(model, identifier, files)

    async def withdraw(self, model: ServedModel, identifier: str) -> None:
        """Serve what the model brings itself again.

        Args:
            model: the model.
            identifier: of the training that is in service.

        Raises:
            FunctionNotOffered: the model takes no part in this.
            Conflict: another one is in service, or none.
            ModelError: the model does not get ready; what was in service stays.
            StorageUnavailable: it cannot be written down; likewise.
        """
        _check(model)
        async with self._locks[model.name]:
            if await self._store.promoted(model.name) != identifier:
                raise Conflict(f"training {identifier} is not in service")
            await self._serve(model, None, None)

    def follow(self) -> None:
        """Begin to serve what other servers have promoted."""
        if self._models and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Follow no more."""
        if self._following:
            self._following.cancel()
            await asyncio.wait((self._following,))

    async def _serve(
        self, model: ServedModel, identifier: str | None, directory: Path | None
    ) -> None:
        async def write_down() -> None:
            await self._store.promote(model.name, identifier)

        await model.renew(identifier, directory, write_down)

    async def _follow(self) -> None:
        for model in self._models:
            try:
                async with self._locks[model.name]:
                    await self._catch_up(model)
            except DeepaasError as error:
                LOG.error("What another server has promoted is not served here: %s", error)

    async def _catch_up(self, model: ServedModel) -> None:
        promoted = await self._store.promoted(model.name)
        if promoted == model.promoted:
            self._failed.pop(model.name, None)
            return
        # One that did not get ready here is not tried again and again.
        if promoted == self._failed.get(model.name, model.promoted):
            return
        self._failed[model.name] = promoted
        identifier, directory = await self.in_service(model.name)
        if identifier != model.promoted:
            await model.renew(identifier, directory)


def _check(model: ServedModel) -> None:
    if not model.description.promotable:
        raise FunctionNotOffered(
            f"model {model.name!r} cannot be served from a training: its warm() takes no argument "
            "'directory'"
        )
