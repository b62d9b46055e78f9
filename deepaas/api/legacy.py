"""Applications as old modules and their tests ask for them."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from deepaas import config
from deepaas.api.app import build_app
from deepaas.model.loaded import load_models
from deepaas.settings import Settings


def legacy_app(
    base_path: str, enable_doc: bool, enable_train: bool, enable_predict: bool
) -> web.Application:
    """Return an application for the models that ``deepaas.config.CONF`` names.

    Args:
        base_path: put before all paths.
        enable_doc: whether to offer the Swagger UI.
        enable_train: whether trainings are offered.
        enable_predict: whether predictions are offered.
    """
    settings, names = _settings()
    settings = replace(
        settings,
        base_path=base_path.rstrip("/"),
        doc_endpoint=enable_doc,
        train_endpoint=enable_train,
        predict_endpoint=enable_predict,
    )
    return build_app(settings, load_models(names))


def legacy_v2_app(enable_train: bool, enable_predict: bool) -> web.Application:
    """Return an application for a ``/v2`` of somebody else's.

    Args:
        enable_train: whether trainings are offered.
        enable_predict: whether predictions are offered.
    """
    settings, names = _settings()
    settings = replace(settings, train_endpoint=enable_train, predict_endpoint=enable_predict)
    return build_app(settings, load_models(names), version_root="")


def _settings() -> tuple[Settings, tuple[str, ...]]:
    config.fill(config.CONF)
    names = config.chosen_models(config.CONF)
    return Settings.from_conf(config.CONF, names), names
