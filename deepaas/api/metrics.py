"""``/metrics``: how the server is and what it has done, for Prometheus."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from aiohttp import web

from deepaas.api.keys import CERTIFICATE, REGISTRY, REQUESTS, TRAININGS
from deepaas.exceptions import DeepaasError
from deepaas.log import getLogger

if TYPE_CHECKING:
    from deepaas.api.exposition import Trainings

LOG = getLogger(__name__)
# Seconds in which trainings are counted, or are left out: Prometheus itself waits for 10.
PATIENCE = 3.0


async def get_metrics(request: web.Request) -> web.Response:
    """Answer the metrics."""
    app = request.app
    trainings = await _trainings(app)
    # Others are served while it is imported, by the first who asks.
    module = await asyncio.to_thread(import_module, "deepaas.api.exposition")
    accept = request.headers.get("Accept", "")
    expires = app[CERTIFICATE].pair.expires if CERTIFICATE in app else None
    text, content_type = module.exposition(accept, app[REQUESTS], app[REGISTRY], trainings, expires)
    return web.Response(body=text, headers={"Content-Type": content_type})


async def _trainings(app: web.Application) -> Trainings | None:
    """Count trainings; without a database that answers, all else is wanted the more."""
    if TRAININGS not in app:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            return await app[TRAININGS].counts()
    except (DeepaasError, TimeoutError) as error:
        LOG.warning("Trainings cannot be counted: %s", error or "the database does not answer")
        return None
