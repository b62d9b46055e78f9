"""How many trainings wait, and how many are kept."""

from __future__ import annotations

import time
from dataclasses import dataclass

from deepaas.trainings.store import Store


@dataclass(frozen=True)
class Limits:
    """How much is run and kept.

    Args:
        queued: trainings that may wait, of all models.
        cancel_grace: seconds in which a training that asks may end by itself when cancelled.
        keep: finished trainings that are kept for each model; None for all.
        keep_seconds: for how long they are kept; None for ever.
    """

    queued: int = 1000
    cancel_grace: float = 3.0
    keep: int | None = None
    keep_seconds: float | None = None

    @property
    def bounded(self) -> bool:
        """Whether any training is ever forgotten by itself."""
        return self.keep is not None or self.keep_seconds is not None

    async def surplus(self, store: Store, model: str) -> list[str]:
        """Return identifiers of a model's trainings that are not to be kept any longer.

        Args:
            store: where they are kept.
            model: the model's name.
        """
        if not self.bounded:
            return []
        finished = await store.finished(model)
        served = await store.promoted(model)
        too_many = 0 if self.keep is None else len(finished) - self.keep
        oldest = 0.0 if self.keep_seconds is None else time.time() - self.keep_seconds
        return [
            identifier
            for index, (identifier, ended) in enumerate(finished)
            if (index < too_many or ended < oldest) and identifier != served
        ]
