"""What the code of a training can tell of itself, and what it can ask."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from deepaas.calls import current
from deepaas.executors import relay
from deepaas.reports import Reports

# In the environment, so that processes that the training starts know it too.
FOLDER = "DEEPAAS_TRAINING_FOLDER"
FILES, CANCEL = "files", "cancel"


class CurrentTraining:
    """The training that this process belongs to, or that has started it.

    Outside of a training everything can be called all the same: reports go nowhere, and the
    directory is the current one.

    Args:
        folder: what the server keeps for the training; None outside of one.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._listens = False
        self._tells = False
        self._own_reports = Reports(folder)

    @property
    def identifier(self) -> str:
        """The training's 32 hexadecimal digits; empty outside of one."""
        return self._folder.name if self._folder else ""

    @property
    def directory(self) -> Path:
        """Where the training keeps checkpoints and what else is to outlive it.

        It is the same again when the training is resumed. What lies in it can be downloaded, and is
        put into service when the training is promoted.
        """
        return self._folder / FILES if self._folder else Path.cwd()

    @property
    def cancelling(self) -> bool:
        """Whether the training is to end; who asks is given some time to save what there is."""
        if not self._listens:
            self._listens = True
            self._reports.send(("listens",))
        return self._folder is not None and (self._folder / CANCEL).exists()

    def progress(self, step: float, total: float | None = None) -> None:
        """Report how far the training has got.

        Args:
            step: steps that are done, such as epochs.
            total: of so many; None if that is not known.
        """
        self._tells = True
        self._report_progress(step, total)

    def observe(self, step: float, total: float) -> None:
        """Report what a progress bar shows; what the training reports itself goes before it.

        Args:
            step: steps that are done.
            total: of so many.
        """
        if not self._tells:
            self._report_progress(step, total)

    def metrics(self, values: Mapping[str, Any], step: float | None = None) -> None:
        """Report metrics, such as the loss after an epoch.

        Args:
            values: numbers by name; whatever ``float`` takes.
            step: the step that they belong to.
        """
        numbers = {str(name): float(value) for name, value in values.items()}
        self._reports.send_each(("metrics", numbers, None if step is None else float(step)))

    def _report_progress(self, step: float, total: float | None) -> None:
        report = ("progress", float(step), None if total is None else float(total))
        self._reports.send_latest(report)

    @property
    def _reports(self) -> Reports:
        # A child that was forked has neither threads nor locks of its parent.
        if self._own_reports.process != os.getpid():
            self._own_reports = Reports(self._folder)
        return self._own_reports


def request_id() -> str:
    """Return the id of the request that this is done for, as its answer has it in ``X-Request-ID``.

    Those of several calls that share a batch have commas between them. A training keeps the id of
    the request that has started it. Outside of a request it is empty.
    """
    return current().request_id


@lru_cache(maxsize=4)
def _training(folder: str) -> CurrentTraining:
    return CurrentTraining(Path(folder) if folder else None)


def current_training() -> CurrentTraining:
    """Return the training that this process belongs to.

    Example::

        training = current_training()
        for epoch in range(epochs):
            loss = fit_once()
            training.progress(epoch + 1, epochs)
            training.metrics({"loss": loss}, step=epoch + 1)
            save(training.directory / "checkpoint")
            if training.cancelling:
                break
    """
    return _training(os.environ.get(FOLDER, ""))


@contextmanager
def inside(folder: str) -> Iterator[CurrentTraining]:
    """Make this process, and those that it starts, belong to a training.

    Args:
        folder: what the server keeps for the training; empty for none.
    """
    _training.cache_clear()
    if not folder:
        yield _training("")
        return
    os.environ[FOLDER] = folder
    try:
        with relay.relaying(Path(folder)):
            training = _training(folder)
            try:
                yield training
            finally:
                training._reports.flush()
    finally:
        del os.environ[FOLDER]
