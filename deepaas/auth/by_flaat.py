"""Who asks, by access tokens of OpenID Connect.

What flaat 1.3 is taken for is how it reads entitlements. Its decorators are not used: they block
the event loop, and its switches in the environment let everybody in.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp

from deepaas.auth.addresses import network_of
from deepaas.auth.authenticator import Authenticator, Caller
from deepaas.auth.bearer import RIGHT_FORM
from deepaas.auth.entitlements import Entitlements
from deepaas.auth.jwts import unverified
from deepaas.auth.provider import Provider, Said
from deepaas.auth.tokens import hashed
from deepaas.exceptions import (
    DeepaasError,
    Forbidden,
    IssuerUnavailable,
    Overloaded,
    Unauthenticated,
)
from deepaas.trust import Trust

# Seconds for which a token that does not count is not asked about again.
REFUSED = 10.0
# Tokens that are remembered; of those that count, and apart from them of those that do not.
MOST_KNOWN = 10_000
MOST_REFUSED = 1000
# Tokens that are asked about at once; each may wait for as long as a provider may take. Whoever
# sends many that nobody knows is to leave room for others.
MOST_ASKED = 100
MOST_ASKED_FROM_ONE = 20
# Connections to a provider at once.
MOST_CONNECTIONS = 16
# Characters of a name that a provider gives a user (OpenID Connect Core, section 2).
LONGEST_NAME = 255


class Known(NamedTuple):
    """What is known of a token.

    Args:
        outcome: who shows it, or why whoever shows it is refused.
        until: moment of the monotonic clock up to which this holds.
    """

    outcome: Caller | DeepaasError
    until: float


@asynccontextmanager
async def flaat_authenticator(trust: Trust) -> AsyncIterator[Authenticator]:
    """Give what tells who asks.

    Args:
        trust: whose tokens count, and for what; it has been checked.
    """
    connections = aiohttp.TCPConnector(ssl=trust.tls(), limit_per_host=MOST_CONNECTIONS)
    # How long a provider may take is bounded for all of its answers together.
    no_bound = aiohttp.ClientTimeout()
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        connector=connections, timeout=no_bound, cookie_jar=jar
    ) as http:
        providers = [Provider(issuer, trust, http) for issuer in trust.issuers]
        found = FlaatAuthenticator(trust, providers)
        try:
            yield found
        finally:
            await found.close()


class FlaatAuthenticator:
    """Knows users of providers by their access tokens; see ``Authenticator``.

    Args:
        trust: whose tokens count, and for what.
        providers: those that are trusted.
    """

    def __init__(self, trust: Trust, providers: Sequence[Provider]) -> None:
        self._cache_time = trust.cache_time
        self._entitlements = Entitlements(trust)
        self._providers = {one.issuer: one for one in providers}
        self._known: dict[str, Known] = {}
        self._refused: dict[str, Known] = {}
        self._asked: dict[str, asyncio.Task[Known]] = {}
        # How many tokens of one address are asked about.
        self._asking: Counter[str] = Counter()

    async def identify(self, token: str | None, address: str) -> Caller:
        """See ``Authenticator``.

        Raises:
            Forbidden: it counts, but gives no scope at all.
            IssuerUnavailable: whether it counts cannot be found out.
            Overloaded: too many tokens are asked about already.
        """
        if token is None:
            raise Unauthenticated(
                "this needs an access token of OpenID Connect, in a header 'Authorization: Bearer "
                f"...', issued by {self._trusted}",
                shown=False,
            )
        if not token:
            raise Unauthenticated(RIGHT_FORM)
        name = hashed(token)
        known = self._known.get(name) or self._refused.get(name)
        if known is None or time.monotonic() >= known.until:
            known = await self._find_out(name, token, network_of(address))
        if isinstance(known.outcome, DeepaasError):
            # The traceback would grow with each caller that is refused.
            raise known.outcome.with_traceback(None)
        return known.outcome

    async def close(self) -> None:
        """Ask nobody any more."""
        asked = list(self._asked.values())
        for task in asked:
            task.cancel()
        if asked:
            await asyncio.wait(asked)

    @property
    def _trusted(self) -> str:
        return " or ".join(self._providers)

    async def _find_out(self, name: str, token: str, network: str) -> Known:
        """Ask once for all who show the token meanwhile, whether or not they wait for it."""
        asking = self._asked.get(name)
        if asking is None:
            if len(self._asked) >= MOST_ASKED or self._asking[network] >= MOST_ASKED_FROM_ONE:
                raise Overloaded("too many tokens are asked about at once; try again later")
            asking = asyncio.create_task(self._ask(name, token))
            self._asked[name] = asking
            self._asking[network] += 1
            asking.add_done_callback(lambda _: self._asked_about(name, network))
        return await asyncio.shield(asking)

    def _asked_about(self, name: str, network: str) -> None:
        del self._asked[name]
        self._asking[network] -= 1
        if not self._asking[network]:
            del self._asking[network]

    async def _ask(self, name: str, token: str) -> Known:
        began = time.monotonic()
        try:
            caller, expires = await self._caller(token)
        except (Unauthenticated, Forbidden) as error:
            self._known.pop(name, None)
            known = Known(error, began + min(REFUSED, self._cache_time))
            _remember(self._refused, name, known, MOST_REFUSED)
        except DeepaasError as error:
            return Known(error, began)
        else:
            self._refused.pop(name, None)
            lasts = min(self._cache_time, expires - time.time())
            known = Known(caller, began + lasts)
            _remember(self._known, name, known, MOST_KNOWN)
        return known

    async def _caller(self, token: str) -> tuple[Caller, float]:
        """Return who shows a token, and when it expires, in seconds since 1970."""
        unread = unverified(token)
        if unread is None:
            provider, said = await self._said_by_any(token)
        elif unread.issuer not in self._providers:
            raise Unauthenticated(
                f"tokens of {_short(unread.issuer)} do not count here, but those of {self._trusted}"
            )
        else:
            provider = self._providers[unread.issuer]
            said = await provider.said_of(token, unread)
        # A provider says who its own users are, whatever other issuer it may name.
        subject = f"oidc:{_user(said.places)}@{provider.issuer}"
        return self._entitlements.caller(subject, said.places), said.expires

    async def _said_by_any(self, token: str) -> tuple[Provider, Said]:
        """Ask all at once about an opaque token, and return what the first one says."""
        asking = [
            asyncio.create_task(_said_by(provider, token)) for provider in self._providers.values()
        ]
        failures: list[DeepaasError] = []
        try:
            for next_one in asyncio.as_completed(asking):
                try:
                    return await next_one
                except (Unauthenticated, IssuerUnavailable) as error:
                    failures.append(error)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        # One that cannot be asked may be the one that knows it.
        failures.sort(key=lambda error: isinstance(error, Unauthenticated))
        raise failures[0]


async def _said_by(provider: Provider, token: str) -> tuple[Provider, Said]:
    return provider, await provider.said_of(token, None)


def _user(said: Sequence[Mapping[str, object]]) -> str:
    found = next((one["sub"] for one in said if "sub" in one), "")
    if not (isinstance(found, str) and 0 < len(found) <= LONGEST_NAME and found.isprintable()):
        raise Unauthenticated("this token does not say of which user it is")
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "...")


def _remember(kept: dict[str, Known], name: str, known: Known, most: int) -> None:
    kept.pop(name, None)
    while len(kept) >= most:
        del kept[next(iter(kept))]
    kept[name] = known
