"""Which pages of other origins may ask, in the browsers of those who look at them."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import hdrs, web
from multidict import CIMultiDict, istr

from deepaas.api.hosts import host_of
from deepaas.exceptions import CrossSite

ANY = "*"
SITE = istr("Sec-Fetch-Site")
# What has come out of a page of the server's own, or was typed. Not ``same-site``: another port of
# the machine, or another name below the same domain, may be another's.
OWN = ("same-origin", "none")
# All that a page can send and read. ``*`` does not include Authorization: Fetch standard, section
# "CORS protocol and HTTP caches". It holds only without credentials (cookies, and what browsers
# know of themselves), which are never allowed.
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Max-Age": "600",
}
EXPOSED = "*"


class Origins:
    """Refuses what pages of other origins would change, but for some origins.

    By CORS, those may read answers as well. This is not aiohttp-cors, which wants to be told of
    each route, and neither answers for errors nor refuses what browsers send without asking.

    Args:
        allowed: origins such as ``https://app.example.org``, or ``*`` for all.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        self._all = ANY in allowed
        self._allowed = frozenset(allowed)

    @property
    def shared(self) -> bool:
        """Whether there are other origins that may ask."""
        return bool(self._allowed)

    def check(self, request: web.Request) -> None:
        """Let a request pass that may change something.

        Programs other than browsers say nothing of origins, and pass.

        Args:
            request: the request.

        Raises:
            CrossSite: it comes out of a page of an origin that may not.
        """
        site, origin = request.headers.get(SITE), request.headers.get(hdrs.ORIGIN)
        if site in OWN or self._all or origin in self._allowed:
            return
        # Browsers say nothing of the site to servers without TLS on other machines.
        if site is None and (origin is None or _is_of(origin, host_of(request))):
            return
        raise CrossSite(
            f"a page of {origin or 'another site'!r} may not change anything here; if it may, "
            "whoever runs this server has to say so with --cors-origins"
        )

    def preflight(self, request: web.Request) -> web.Response | None:
        """Return the answer to a browser that asks whether a page may ask; None to others.

        Args:
            request: one with the method OPTIONS.
        """
        if hdrs.ACCESS_CONTROL_REQUEST_METHOD not in request.headers:
            return None
        allowed = self._all or request.headers.get(hdrs.ORIGIN) in self._allowed
        return web.Response(status=204, headers=PREFLIGHT) if allowed else None

    def share(self, request: web.Request, headers: CIMultiDict[str]) -> None:
        """Let pages of allowed origins read an answer.

        Args:
            request: what it answers.
            headers: of the answer.
        """
        if self._all:
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = ANY
        else:
            # Caches must not give one origin's answer to another.
            headers.add(hdrs.VARY, hdrs.ORIGIN)
            if (origin := request.headers.get(hdrs.ORIGIN)) not in self._allowed:
                return
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = str(origin)
        headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = EXPOSED


def _is_of(origin: str, host: str) -> bool:
    """Tell whether an origin is that of a host, whose scheme a server behind a proxy knows not."""
    scheme, _, rest = origin.lower().partition("://")
    usual = ":443" if scheme == "https" else ":80"
    return rest != "" and rest.removesuffix(usual) == host.lower().removesuffix(usual)
