"""Models by the configuration of old modules, ``deepaas.config.CONF``."""

from __future__ import annotations

from typing import Any

from deepaas import config
from deepaas.model.loaded import load_models
from deepaas.model.v2.wrapper import ModelWrapper


def wrappers(app: Any = None) -> dict[str, ModelWrapper]:
    """Return the models that ``CONF`` names, wrapped, by name.

    Args:
        app: passed on to the wrappers.

    Raises:
        DeepaasError: a named model cannot be served, or there is none.
    """
    config.fill(config.CONF)
    loaded = load_models(config.chosen_models(config.CONF))
    return {
        one.description.name: ModelWrapper(one.description.name, one.model, app) for one in loaded
    }
