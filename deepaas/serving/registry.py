"""Which models are in service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deepaas.exceptions import UnknownModel
from deepaas.serving.served import ServedModel


class Registry:
    """The models in service, by name, in the order in which they were given.

    Args:
        models: all of them.
    """

    def __init__(self, models: Iterable[ServedModel]) -> None:
        self._models = {model.name: model for model in models}

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

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
