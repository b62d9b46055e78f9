"""Who may not do what is asked for is refused, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from deepaas.api.access import CALLER, UNLISTED, Need
from deepaas.api.forwarding import address_of
from deepaas.api.keys import AUTHENTICATOR, TRAININGS
from deepaas.api.v2.train import model_of, uuid_of
from deepaas.auth.bearer import token_in


def guarding(needs: Mapping[web.AbstractRoute, Need]) -> Middleware:
    """Return the middleware that lets through who may.

    Args:
        needs: what each route needs.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        match = request.match_info
        if match.http_exception is not None:
            # There is nothing here to guard.
            return await handler(request)
        need = needs.get(match.route, UNLISTED)
        if not need.token:
            return await handler(request)
        token = token_in(request.headers.getall("Authorization", ()))
        caller = await request.app[AUTHENTICATOR].identify(token, address_of(request))
        request[CALLER] = caller
        if need.scope is not None:
            caller.require(need.scope, match.get("model", ""))
        if need.own and TRAININGS in request.app:
            owner = caller.owner(match["model"])
            if owner is not None:
                # Raises as if there was no such training, if it is not theirs.
                await request.app[TRAININGS].get(model_of(request), uuid_of(request), owner)
        return await handler(request)

    return guard
