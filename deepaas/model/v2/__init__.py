"""Models of version 2 of the API, under the names that old modules import."""

from __future__ import annotations

from typing import Any

# Filled by register_models, for those who look at them.
MODELS: dict[str, Any] = {}
MODELS_LOADED = False


def register_models(app: Any = None) -> dict[str, Any]:
    """Load the models that the configuration names.

    Args:
        app: ignored; models belong to an application by ``deepaas.api.get_app``.

    Returns:
        A ``ModelWrapper`` by name, also kept as ``MODELS``.
    """
    from deepaas.model.v2.registering import wrappers

    global MODELS_LOADED
    MODELS.clear()
    MODELS.update(wrappers(app))
    MODELS_LOADED = True
    return MODELS
