"""A provider of OpenID Connect that is trusted: its keys, and what it says of users."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from deepaas.auth.jwts import (
    Key,
    Unverified,
    check_audience,
    check_kind,
    check_time,
    expiry,
    keys_in,
    verified,
)
from deepaas.exceptions import IssuerUnavailable, Unauthenticated
from deepaas.log import getLogger
from deepaas.trust import Trust

LOG = getLogger(__name__)
DISCOVERY = "/.well-known/openid-configuration"
# Seconds for which what a provider says of itself counts, and its keys: one that it withdraws is
# not trusted for longer.
DOCUMENT_AGE = 3600.0
KEYS_AGE = 600.0
# Seconds between two fetches of keys for tokens that name a key that is not known.
KEYS_PAUSE = 5.0
# Seconds for which a provider that did not answer is not asked again.
PAUSE = 5.0
# Bytes that an answer may have.
LONGEST = 1 << 20


class Unexpected(Exception):
    """A provider answers what it should not, perhaps to one token alone."""


class Broken(Unexpected):
    """A provider answers what it should not, whatever the token."""


class Answer(NamedTuple):
    """What a provider answers; none where it is no object of JSON."""

    status: int
    body: dict[str, Any] | None


class Said(NamedTuple):
    """What is known of a token and its user.

    Args:
        places: claims, of the token, of introspection and of the user, as far as there are any.
        expires: when the token does, in seconds since 1970; infinity if that is not known.
    """

    places: list[Mapping[str, Any]]
    expires: float


class Provider:
    """Tells what an issuer that is trusted says of a token.

    flaat 1.3 would block the event loop for as long as a provider likes, fetch the keys for each
    token, remember for an hour that a provider did not answer, and take that for a token that does
    not count. So providers are asked here.

    Args:
        issuer: its URL, without a slash at the end.
        trust: how it is asked.
        http: with what; it knows its certificate.
    """

    def __init__(self, issuer: str, trust: Trust, http: aiohttp.ClientSession) -> None:
        self.issuer = issuer
        self._trust = trust
        self._http = http
        self._document: dict[str, Any] = {}
        self._document_read = float("-inf")
        self._keys: list[Key] = []
        self._keys_read = float("-inf")
        self._reading = asyncio.Lock()
        self._down_until = float("-inf")

    async def said_of(self, token: str, unread: Unverified | None) -> Said:
        """Return what is known of a token and its user.

        Args:
            token: what the caller shows.
            unread: what it says of itself, if it does; None for an opaque one.

        Raises:
            Unauthenticated: it does not count, or is of another provider.
            IssuerUnavailable: that cannot be found out now.
        """
        async with self._reached():
            await self._discover()
            claims: Mapping[str, Any] | None = None
            if unread is not None:
                check_kind(unread.header, unread.claims)
                claims = verified(token, await self._keys_for(unread.header), self._trust.audience)
            introspected = await self._introspected(token)
            if claims is None:
                check_audience(introspected or {}, self._trust.audience)
            user = await self._user(token, needed=claims is None and not introspected)
        places = [one for one in (claims, introspected, user) if one]
        users = [one["sub"] for one in places if "sub" in one]
        if any(one != users[0] for one in users):
            raise Unauthenticated("this token is said to be of one user, and of another")
        return Said(places, min(expiry(claims or {}), expiry(introspected or {})))

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[None]:
        """Bound how long a provider is waited for, and leave one alone that does not answer."""
        if time.monotonic() < self._down_until:
            raise self._unavailable()
        try:
            async with asyncio.timeout(self._trust.timeout):
                yield
        # URLs that it names may be none, and hosts in them too long: ValueError.
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, Broken) as error:
            self._down_until = time.monotonic() + PAUSE
            why = " ".join(str(error).split()) or f"no answer within {self._trust.timeout:g} s"
            LOG.warning("Issuer %s is left alone for %g s: %s", self.issuer, PAUSE, why)
            raise self._unavailable() from None
        except Unexpected as error:
            LOG.warning("Issuer %s: %s", self.issuer, error)
            raise self._unavailable() from None

    def _unavailable(self) -> IssuerUnavailable:
        return IssuerUnavailable(
            f"{self.issuer} has to be asked about this token, and does not answer as it should; "
            "try again later"
        )

    async def _discover(self) -> None:
        async with self._reading:
            if time.monotonic() - self._document_read > DOCUMENT_AGE:
                document = await self._fetched(self.issuer + DISCOVERY)
                said = document.get("issuer")
                if not isinstance(said, str) or said.rstrip("/") != self.issuer:
                    raise Broken(f"it calls itself {said!r}; that has to be trusted instead")
                self._document, self._document_read = document, time.monotonic()

    async def _keys_for(self, header: Mapping[str, Any]) -> list[Key]:
        """Return those that a token may be signed with, none if there is none like it."""
        name = header.get("kid")
        async with self._reading:
            # A token that names none may be signed with a new one.
            known = name is not None and any(one.name == name for one in self._keys)
            if time.monotonic() - self._keys_read > (KEYS_AGE if known else KEYS_PAUSE):
                self._keys = keys_in(await self._fetched(self._endpoint("jwks_uri")))
                self._keys_read = time.monotonic()
        return [
            one
            for one in self._keys
            # Whoever makes a token up can write anything there.
            if name in (None, one.name) and str(header.get("alg")) in one.algorithms
        ]

    def _endpoint(self, name: str) -> str:
        """Return where a provider is asked for something; empty if that cannot be asked."""
        found = self._document.get(name) or ""
        if found and not (isinstance(found, str) and found.startswith("https://")):
            raise Broken(f"its {name} is {found!r}, which is no https:// URL")
        return found

    async def _introspected(self, token: str) -> dict[str, Any] | None:
        """Return what the provider says of the token to us; None if we are not to ask."""
        url = self._endpoint("introspection_endpoint")
        if not (url and self._trust.client_id):
            return None
        # RFC 6749, section 2.3.1.
        us = ":".join(map(quote_plus, (self._trust.client_id, self._trust.client_secret)))
        shown = f"Basic {b64encode(us.encode()).decode()}"
        answer = await self._ask("POST", url, shown, data={"token": token})
        if answer.status != 200 or answer.body is None:
            raise Unexpected(f"its introspection_endpoint answers {answer.status}")
        if answer.body.get("active") is not True:
            raise Unauthenticated("this token does not count, says its issuer")
        check_kind({}, answer.body)
        check_time(answer.body)
        return answer.body

    async def _user(self, token: str, needed: bool) -> dict[str, Any] | None:
        """Return what the provider says of the user; None if it does not, and need not."""
        url = self._endpoint("userinfo_endpoint")
        if not url:
            if needed:
                raise Unauthenticated("this token says nothing, and its issuer cannot be asked")
            return None
        answer = await self._ask("GET", url, f"Bearer {token}")
        if answer.status == 200 and answer.body is not None:
            return answer.body
        if answer.status in (408, 429) or not 400 <= answer.status < 500:
            raise Unexpected(f"its userinfo_endpoint answers {answer.status}, or no JSON")
        # A token that was not made for that, as those of services are, is refused with 403.
        if needed or answer.status == 401:
            raise Unauthenticated("this token does not count, says its issuer")
        return None

    async def _fetched(self, url: str) -> dict[str, Any]:
        answer = await self._ask("GET", url)
        if answer.status != 200 or answer.body is None:
            raise Broken(f"{url} answers {answer.status}, or no JSON")
        return answer.body

    async def _ask(self, method: str, url: str, authorization: str = "", **options: Any) -> Answer:
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        host = urlsplit(url).hostname or ""
        proxy = None if proxy_bypass(host) else getproxies().get("https")
        # A token goes where the provider says, and from there nowhere else.
        async with self._http.request(
            method, url, headers=headers, proxy=proxy, allow_redirects=False, **options
        ) as response:
            body = bytearray()
            async for part in response.content.iter_any():
                body += part
                if len(body) > LONGEST:
                    raise Unexpected(f"{url} answers more than {LONGEST} bytes")
        return Answer(response.status, _object(body))


def _object(body: bytes | bytearray) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
