"""What keeps pages in browsers from using a server behind the back of those who look at them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from multidict import CIMultiDict, istr

from deepaas.api.hosts import Hosts
from deepaas.api.origins import Origins

SAFE = frozenset((hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS))
POLICY = istr("Content-Security-Policy")
# Nothing is loaded and nothing runs. Extensions of browsers that show JSON would not in a sandbox.
JSON = "default-src 'none'; frame-ancestors 'none'"
# Models answer HTML, and pictures with scripts: shown in a browser, they have no origin either.
OTHER = f"{JSON}; sandbox"
PROTECTING = CIMultiDict(
    {
        # Without versions, which tell what to try.
        hdrs.SERVER: "deepaas",
        istr("X-Content-Type-Options"): "nosniff",
        # Arguments are in URLs.
        istr("Referrer-Policy"): "same-origin",
        istr("Cross-Origin-Resource-Policy"): "same-origin",
    }
)


def screening(hosts: Hosts, origins: Origins) -> Middleware:
    """Return the middleware that refuses what a page of somebody else's asks.

    Args:
        hosts: the names of the server.
        origins: those who may ask.
    """

    @web.middleware
    async def screen(request: web.Request, handler: Handler) -> web.StreamResponse:
        hosts.check(request)
        if request.method not in SAFE:
            origins.check(request)
        elif request.method == hdrs.METH_OPTIONS and (answer := origins.preflight(request)):
            return answer
        return await handler(request)

    return screen


def protect(headers: CIMultiDict[str]) -> None:
    """Tell browsers what they must not do with an answer.

    Args:
        headers: of the answer; a policy that is there already stays.
    """
    headers.update(PROTECTING)
    if POLICY not in headers:
        json = headers.get(hdrs.CONTENT_TYPE, "").startswith("application/json")
        headers[POLICY] = JSON if json else OTHER


def protecting(origins: Origins) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return the signal that completes the head of each answer of an application.

    Args:
        origins: those who may read answers.
    """

    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        protect(response.headers)
        if origins.shared:
            origins.share(request, response.headers)

    return prepare
