"""Who has asked for too much is refused, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from deepaas.api.access import CALLER, RESUME, START, UNLISTED, Need
from deepaas.api.keys import request_key
from deepaas.auth.rates import RateLimits

Charge = Callable[[int], None]

# Is told of each piece of a body that does not say beforehand how long it is.
CHARGE = request_key("charge", object)


def limiting(limits: RateLimits, needs: Mapping[web.AbstractRoute, Need]) -> Middleware:
    """Return the middleware that limits callers; behind the one that finds out who they are.

    Args:
        limits: how much each may ask for.
        needs: what each route needs, and does.
    """

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        caller = request.get(CALLER)
        # What is open to all is for probes, which must not fail.
        if caller is not None:
            who = caller.subject
            limits.requests.take(who)
            if needs.get(request.match_info.route, UNLISTED).action in (START, RESUME):
                limits.trainings.take(who)
            if request.content_length is not None:
                limits.uploads.take(who, request.content_length)
            elif request.body_exists:
                request[CHARGE] = partial(limits.uploads.take, who)
        return await handler(request)

    return limit
