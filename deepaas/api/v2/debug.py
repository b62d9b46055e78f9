"""What models print."""

from __future__ import annotations

from aiohttp import web
from aiohttp_apispec import docs

from deepaas.api.keys import CONSOLE


@docs(
    tags=["debug"],
    summary="Show what models print and log",
    produces=["text/plain"],
    responses={200: {"description": "The last of it"}},
)
async def get_debug(request: web.Request) -> web.Response:
    """Answer what models have printed and logged, and mark the place."""
    console = request.app[CONSOLE]
    console.mark()
    # Models print any bytes, and the oldest are cut off anywhere.
    return web.Response(text=console.read().decode(errors="replace"))


@docs(
    tags=["debug"],
    summary="Show what models print and log, if the operator enables it",
    responses={204: {"description": "The operator has not enabled it"}},
)
async def get_nothing(request: web.Request) -> web.Response:
    """Answer nothing, where the operator has not enabled this."""
    return web.Response(status=204)


# aiohttp-apispec writes JSON where nothing is given; this answer has no content at all.
vars(get_nothing)["__apispec__"]["produces"] = []
