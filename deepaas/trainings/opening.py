"""Where trainings are kept, as the settings say."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from deepaas.exceptions import ConfigurationError
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
    if named:
        folder = Path(named).expanduser().absolute()
        if (why := _unusable(folder)) is not None:
            raise ConfigurationError(f"--state-dir {named} cannot be used: {why}")
        yield folder
        return
    folder = _usual_folder()
    if (why := _unusable(folder)) is None:
        yield folder
        return
    LOG.warning(
        "Trainings will be forgotten with this server: %s cannot be used (%s); name another folder "
        "with --state-dir",
        folder,
        why,
    )
    with tempfile.TemporaryDirectory(prefix="deepaas-state-") as passing:
        yield Path(passing)


def _usual_folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path("~/.local/state").expanduser()) / "deepaas"


def _unusable(folder: Path) -> str | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)
