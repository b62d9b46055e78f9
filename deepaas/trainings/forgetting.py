"""Trainings are forgotten: when somebody says so, or when there are too many or too old ones."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Container
from pathlib import Path

from deepaas.exceptions import Conflict, DeepaasError
from deepaas.log import getLogger
from deepaas.trainings.exclusion import Exclusion
from deepaas.trainings.limits import Limits
from deepaas.trainings.store import Store

LOG = getLogger(__name__)


class Forgetting:
    """Removes what is known of trainings that have ended.

    Args:
        store: where they are kept.
        folder_of: gives the folder of one.
        limits: how much is kept.
        running: those that run or wait here.
        exclusion: those that are being changed.
    """

    def __init__(
        self,
        store: Store,
        folder_of: Callable[[str], Path],
        limits: Limits,
        running: Container[str],
        exclusion: Exclusion,
    ) -> None:
        self._store = store
        self._folder_of = folder_of
        self._limits = limits
        self._running = running
        self._exclusion = exclusion

    async def forget(self, model: str, identifier: str) -> None:
        """Forget one that has ended.

        Args:
            model: its model.
            identifier: of the training.

        Raises:
            Conflict: it is in service, or is being changed.
        """
        with self._exclusion.during(identifier, "forgotten"):
            if await self._store.promoted(model) == identifier:
                raise Conflict(
                    f"training {identifier} is in service; promote another one, or withdraw this "
                    "one (DELETE …/promote), before it is deleted"
                )
            # Its folder first: on a full disk there is room to write down that it is gone then.
            await asyncio.to_thread(shutil.rmtree, self._folder_of(identifier), ignore_errors=True)
            await self._store.remove(identifier)

    async def forget_old_ones(self) -> None:
        """Forget those of all models that are not to be kept any longer."""
        if self._limits.bounded:
            for model in await self._store.models():
                await self.forget_old(model)

    async def forget_old(self, model: str) -> None:
        """Forget those of a model that are not to be kept any longer.

        Args:
            model: its name.
        """
        try:
            for identifier in await self._limits.surplus(self._store, model):
                # It may have been resumed since, or be changed right now.
                if identifier not in self._running and identifier not in self._exclusion:
                    await self.forget(model, identifier)
        except DeepaasError as error:
            LOG.error("Old trainings cannot be forgotten: %s", error)
