"""Where trainings are kept, as the settings say."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from deepaas.database.folder import Unusable, state_folder
from deepaas.log import getLogger
from deepaas.settings import Settings

if TYPE_CHECKING:
    from deepaas.trainings.service import TrainingService

LOG = getLogger(__name__)


@asynccontextmanager
async def training_service(settings: Settings) -> AsyncIterator[TrainingService]:
    """Give a service whose store is open.

    Args:
        settings: how the server behaves.

    Raises:
        ConfigurationError: the state directory or the database cannot be used.
    """
    # SQLAlchemy takes longer to import than all the rest: only where there are trainings, and while
    # workers get ready.
    await asyncio.to_thread(import_module, "deepaas.trainings.service")
    from deepaas.database.engine import Database, sqlite_url
    from deepaas.trainings.limits import Limits
    from deepaas.trainings.service import TrainingService
    from deepaas.trainings.store import Store

    limits = Limits(
        settings.max_queued_trainings,
        settings.cancel_grace,
        settings.keep_trainings,
        settings.keep_trainings_seconds,
    )
    with _state_folder(settings.state_directory) as folder:
        database = Database(settings.database_url or sqlite_url(folder))
        await database.open()
        service = TrainingService(Store(database), folder / "trainings", limits)
        try:
            await service.open()
            yield service
            await service.close()
        finally:
            await database.close()


@contextmanager
def _state_folder(named: str) -> Iterator[Path]:
    """Give the state directory; a passing one where the usual one cannot be used."""
    try:
        folder = state_folder(named)
    except Unusable as error:
        if named:
            raise
        LOG.warning(
            "Trainings will be forgotten with this server: %s; name another folder with "
            "--state-dir",
            error,
        )
    else:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="deepaas-state-") as passing:
        yield Path(passing)
