"""Which trainings may come in: those that run at once, and so many that wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from deepaas.exceptions import Overloaded
from deepaas.serving.load import LATEST
from deepaas.serving.served import ServedModel
from deepaas.trainings.job import Job


class Places:
    """Counts trainings by their models, each of which runs some at once.

    Args:
        most: trainings that may wait, of all models.
        jobs: those that have come in, by their identifiers.
    """

    def __init__(self, most: int, jobs: Mapping[str, Job]) -> None:
        self._most = most
        self._jobs = jobs
        self._coming: Counter[str] = Counter()
        self._at_once: dict[str, int] = {}

    @contextmanager
    def taken(self, model: ServedModel) -> Iterator[None]:
        """Hold a place for a training that is being written down; it is a job right after that.

        Args:
            model: its model.

        Raises:
            Overloaded: as many as may wait already.
        """
        self._at_once[model.name] = model.trainings_at_once
        if (waiting := self._waiting(model.name)) > self._most:
            # A place comes free when a training has ended, which nobody knows.
            raise Overloaded(f"{waiting - 1} trainings wait already; ask again later", LATEST)
        self._coming[model.name] += 1
        try:
            yield
        finally:
            self._coming[model.name] -= 1

    def _waiting(self, model: str) -> int:
        """Return how many would wait, were there one more of a model."""
        jobs = (job.training for job in self._jobs.values())
        here = self._coming + Counter(one.model for one in jobs if not one.status.finished)
        here[model] += 1
        return sum(max(0, number - self._at_once.get(name, 1)) for name, number in here.items())
