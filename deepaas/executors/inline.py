"""Jobs in this very process, one after the other: for debugging a model."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from deepaas.exceptions import RemoteError, WorkerNotReady
from deepaas.executors import reporting
from deepaas.executors.base import NOBODY, Job, Setup, Watcher
from deepaas.executors.worker import describe


class InlineExecutor:
    """Runs jobs where it is, and nothing else meanwhile.

    Args:
        setup: makes the state.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._state: Any = None
        self.size = 1
        self.ready = False

    async def start(self) -> None:
        """See ``Executor.start``."""
        try:
            self._state = self._setup()
        except (Exception, SystemExit) as error:
            kind, text, trace = describe(error)
            failure = WorkerNotReady(f"{kind}: {text}" if text else kind)
            failure.add_note(trace)
            raise failure from error
        self.ready = True

    async def run(
        self,
        job: Job,
        *args: Any,
        watcher: Watcher = NOBODY,
        abandoned: Callable[[], None] | None = None,
        kill: bool = False,
    ) -> Any:
        """See ``Executor.run``; a job that runs here cannot be abandoned, and prints for itself."""
        watcher.started()
        reporting.link(watcher.reported)
        # Arguments arrive as they would in a worker.
        received = pickle.loads(pickle.dumps(args))  # noqa: S301 - made on the spot
        try:
            return job(self._state, *received)
        except (Exception, SystemExit) as error:
            raise RemoteError(*describe(error)) from error

    async def drain(self) -> None:
        """There is nothing to wait for."""

    async def close(self) -> None:
        """There is nothing to end."""
