"""Doors over HTTP."""

from __future__ import annotations

from typing import Any


async def get_app(
    swagger: bool = True,
    enable_doc: bool = True,
    doc: str = "/api",
    prefix: str = "",
    static_path: str = "/static/swagger",
    base_path: str = "",
    enable_train: bool = True,
    enable_predict: bool = True,
) -> Any:
    """Return an application with the models that the configuration names.

    For old modules and their tests; new code calls ``deepaas.api.app.build_app``.

    Args:
        swagger: whether to offer ``/swagger.json``; it always is.
        enable_doc: whether to offer the Swagger UI.
        doc: path of the Swagger UI; it is always ``/api``.
        prefix: put after ``base_path`` before all paths.
        static_path: path of the Swagger UI's files; always below ``/api``.
        base_path: put before all paths.
        enable_train: whether trainings are offered.
        enable_predict: whether predictions are offered.
    """
    from deepaas.api.legacy import legacy_app

    return legacy_app(f"{base_path}{prefix}", enable_doc, enable_train, enable_predict)
