"""What a model is, and how it is found."""

from __future__ import annotations

from typing import Any

# Filled by register_v2_models, for those who look at it.
V2_MODELS: dict[str, Any] = {}


def register_v2_models(app: Any = None) -> dict[str, Any]:
    """Load the models that the configuration names, for old modules.

    Args:
        app: passed on to the wrappers.

    Returns:
        A ``ModelWrapper`` by name, also kept as ``V2_MODELS``.
    """
    from deepaas.model import v2

    V2_MODELS.clear()
    V2_MODELS.update(v2.register_models(app))
    return V2_MODELS
