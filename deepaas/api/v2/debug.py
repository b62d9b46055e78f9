"""What models print."""

from __future__ import annotations

from aiohttp import web
from aiohttp_apispec import docs

from deepaas.api.keys import CONSOLE, SETTINGS


@docs(
    tags=["debug"],
    summary="Show what models print and log",
    produces=["text/plain"],
    responses={
        200: {"description": "The last of it"},
        204: {"description": "The operator has not enabled this"},
    },
)
async def get_debug(request: web.Request) -> web.Response:
    """Answer what models have printed and logged, and mark the place."""
    if not request.app[SETTINGS].debug_endpoint:
        return web.Response(status=204)
    console = request.app[CONSOLE]
    console.mark()
    return web.Response(body=console.read(), headers={"Content-Type": "text/plain; charset=utf-8"})
