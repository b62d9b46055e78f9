"""The model that a call of the Open Inference Protocol names."""

from __future__ import annotations

from aiohttp import web

from deepaas.api.keys import REGISTRY
from deepaas.exceptions import UnknownModel
from deepaas.serving.registry import Registry
from deepaas.serving.served import ServedModel


def find_model(request: web.Request) -> ServedModel:
    """Return the model that a request is about.

    Args:
        request: one whose path names a model and perhaps its version.

    Raises:
        UnknownModel: there is no such model, or not in that version.
    """
    named = request.match_info
    return model_in(request.app[REGISTRY], named["model"], named.get("version"))


def model_in(models: Registry, name: str, version: str | None) -> ServedModel:
    """Return a model in service.

    Args:
        models: those in service.
        name: its name.
        version: the one that is wanted; None for whichever it is.

    Raises:
        UnknownModel: there is no such model, or not in that version.
    """
    model = models.get(name)
    if version is not None and version != model.version:
        there = f"; there is version {model.version!r}" if model.version else ""
        raise UnknownModel(f"model {model.name!r} is not here in version {version!r}{there}")
    return model
