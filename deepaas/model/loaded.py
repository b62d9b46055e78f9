"""Models, loaded and described, ready to be put into service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepaas.authoring import Needs, needs_of
from deepaas.exceptions import DeepaasError, InvalidModel, NoModelsAvailable
from deepaas.log import getLogger
from deepaas.model.describe import describe
from deepaas.model.loading import choose
from deepaas.model.source import GivenModel, Source
from deepaas.schema.description import Description

LOG = getLogger(__name__)


@dataclass(frozen=True)
class LoadedModel:
    """A model object, where it comes from and what it offers.

    Args:
        source: where a worker gets it from.
        model: the object in this process.
        description: what it offers.
    """

    source: Source | GivenModel
    model: Any
    description: Description

    @property
    def version(self) -> str:
        """Version of the package that offers it; empty if it is in none."""
        return self.source.version

    @property
    def needs(self) -> Needs:
        """What its author says that it needs of the server."""
        found = Needs()
        # A model can be one function; what is said of the whole goes before.
        for marked in (getattr(self.model, "predict", None), type(self.model), self.model):
            found = (needs_of(marked) or Needs()).over(found)
        return found

    @classmethod
    def of(cls, source: Source | GivenModel) -> LoadedModel:
        """Load a model and describe it.

        Raises:
            ModuleNotFoundError: it cannot be imported.
            InvalidModel: it cannot be served.
        """
        model = source.load(describing=True)
        return cls(source, model, describe(source.name, model))


def load_models(names: Sequence[str]) -> list[LoadedModel]:
    """Load the models to serve.

    Args:
        names: the models that the user named, none of which may fail; empty for all that are
            installed, where those that fail are logged and left out.

    Raises:
        DeepaasError: a named model fails, or nothing is left to serve.
    """
    loaded = []
    for source in choose(names):
        try:
            loaded += [LoadedModel.of(one) for one in source.members()]
        except DeepaasError as error:
            if names:
                raise
            LOG.error("%s; it is left out", error)
    _check_names(loaded)
    if not loaded:
        raise NoModelsAvailable(
            "none of the installed models can be served; the messages above say why"
        )
    return loaded


def _where(source: Source | GivenModel) -> str:
    if isinstance(source, GivenModel):
        return "an object"
    return source.file or source.value


def _check_names(loaded: Sequence[LoadedModel]) -> None:
    seen: dict[str, str] = {}
    for model in loaded:
        name = model.source.name
        where = _where(model.source)
        if "/" in name or name in (".", ".."):
            raise InvalidModel(
                f"model {name!r}, of {where}, cannot be served: its name is part of its address, "
                "which '/' divides; rename it"
            )
        if name in seen:
            raise InvalidModel(
                f"two models are called {name!r}: one of {seen[name]}, one of {where}; give one "
                "another name by @deepaas.served(name='…')"
            )
        seen[name] = where
