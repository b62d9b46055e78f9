"""DEEPaaS' own routes."""

from __future__ import annotations

from typing import Any


def get_app(enable_train: bool = True, enable_predict: bool = True) -> Any:
    """Return an application with the routes below ``/v2`` at its root.

    For old modules and their tests; new code calls ``deepaas.api.app.build_app``.

    Args:
        enable_train: whether trainings are offered.
        enable_predict: whether predictions are offered.
    """
    from deepaas.api.legacy import legacy_v2_app

    return legacy_v2_app(enable_train, enable_predict)


async def get_version(request: Any) -> Any:
    """Answer what ``GET /v2/`` answers.

    Args:
        request: an ``aiohttp.web.Request``.
    """
    from deepaas.api.versions import get_v2

    return await get_v2(request)
