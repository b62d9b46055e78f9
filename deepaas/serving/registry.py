"""Which models are in service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deepaas.exceptions import UnknownModel
from deepaas.serving.served import ServedModel


class Registry:
    """The models in service, by name, in the order in which they were given.

    Args:
        models: all of them.

    Attributes:
        leaving: whether the server is about to stop, so that nothing more should be sent to it.
    """

    def __init__(self, models: Iterable[ServedModel]) -> None:
        self._models = {model.name: model for model in models}
        self.leaving = False

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    @property
    def ready(self) -> bool:
        """Whether each model would answer that was not unloaded, and the server is to stay."""
        return not self.leaving and all(model.ready or model.withdrawn for model in self)

    def get(self, name: str) -> ServedModel:
        """Return the model called ``name``.

        Raises:
            UnknownModel: there is none; the text names those that there are.
        """
        try:
            return self._models[name]
        except KeyError:
            names = ", ".join(self._models)
            raise UnknownModel(f"no model {name!r} here; there is: {names}") from None

    def replace(self, model: ServedModel) -> None:
        """Put a model into the place of the one that has its name.

        Args:
            model: the model.
        """
        self._models[model.name] = model
