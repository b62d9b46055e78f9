"""Where trainings are kept."""

from __future__ import annotations

from deepaas.exceptions import UnknownTraining
from deepaas.trainings.record import Training


class MemoryStore:
    """Keeps trainings as long as the server lives."""

    def __init__(self) -> None:
        self._trainings: dict[str, Training] = {}

    def add(self, training: Training) -> None:
        """Keep a training."""
        self._trainings[training.identifier] = training

    def of_model(self, model: str) -> list[Training]:
        """Return the trainings of a model, oldest first."""
        return [one for one in self._trainings.values() if one.model == model]

    def get(self, model: str, identifier: str) -> Training:
        """Return one training.

        Raises:
            UnknownTraining: the model has none with this identifier.
        """
        training = self._trainings.get(identifier)
        if training is None or training.model != model:
            raise UnknownTraining(f"model {model!r} has no training {identifier!r}")
        return training

    def remove(self, training: Training) -> None:
        """Forget a training."""
        self._trainings.pop(training.identifier, None)
