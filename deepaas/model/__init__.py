"""What a model is, and how it is found."""

from __future__ import annotations

from typing import Any

from deepaas.model import v2

# The same dictionary under both names, for those who look at it.
V2_MODELS = v2.MODELS


def register_v2_models(app: Any = None) -> dict[str, Any]:
    """Load the models that the configuration names, for old modules.

    Args:
        app: passed on to the wrappers.

    Returns:
        A ``ModelWrapper`` by name, kept as ``V2_MODELS``.
    """
    return v2.register_models(app)
