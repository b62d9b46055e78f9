"""What is done to trainings and models is written down, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from deepaas.api.access import CALLER, UNLISTED, Need
from deepaas.api.forwarding import address_of
from deepaas.api.keys import request_key
from deepaas.api.observing import HUNG_UP
from deepaas.audit import ANONYMOUS, Audit

NOTED = request_key("noted", dict)


def note(request: web.Request, **about: str) -> None:
    """Note what neither the route nor the path of a request tells.

    Args:
        request: the request.
        about: the ``training`` that it starts, or the ``action`` that it comes to.
    """
    request[NOTED] = about


def auditing(audit: Audit, needs: Mapping[web.AbstractRoute, Need], known: bool) -> Middleware:
    """Return the middleware that writes down what is done; outside of the one that answers errors.

    Who does not say who it is does nothing, and is not written down.

    Args:
        audit: where it is written down.
        needs: what each route does.
        known: whether callers have to say who they are.
    """

    @web.middleware
    async def write_down(request: web.Request, handler: Handler) -> web.StreamResponse:
        match = request.match_info
        action = needs.get(match.route, UNLISTED).action
        if not action:
            return await handler(request)
        result = 500
        try:
            response = await handler(request)
            result = response.status
            return response
        except asyncio.CancelledError:
            result = HUNG_UP
            raise
        finally:
            caller = request.get(CALLER)
            if caller is not None:
                about = {
                    "action": action,
                    "address": address_of(request),
                    "model": match.get("model", ""),
                    "training": match.get("uuid", ""),
                    **request.get(NOTED, {}),
                }
                who = caller.subject if known else ANONYMOUS
                audit.write(who=who, **about, result=result)

    return write_down
