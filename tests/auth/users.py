"""A provider that is trusted, and what knows its users: fixtures."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack

import pytest
import trustme

from deepaas.auth import by_flaat, jwts, provider
from deepaas.auth.by_flaat import flaat_authenticator
from deepaas.trust import Trust
from tests.auth.issuing import Issuer, written

MEMBER = "urn:mace:egi.eu:group:vo.example.eu:role=member#aai.egi.eu"
VISITOR = "urn:mace:egi.eu:group:vo.example.eu"
GRANTS = {"predict": ("readers", VISITOR), "train": (MEMBER,), "admin": ("admins",)}
# A token that says nothing, and nobody knows.
OPAQUE = "Y71m8BF6XblAS1OfhJbX38"
USERINFO, KEYS, DISCOVERY = "/userinfo", "/jwks", "/.well-known/openid-configuration"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    with written(authority, tmp_path_factory.mktemp("authority")) as path:
        yield path


@pytest.fixture(scope="module")
def running(authority):
    """A provider."""
    with Issuer(authority).running() as started:
        yield started


@pytest.fixture
def issuer(running):
    """The provider, of which nothing was asked yet."""
    running.answers.set()
    running.instead.clear()
    running.asked.clear()
    return running


@pytest.fixture
async def opened(issuer, ca_file):
    """Open authenticators that trust the provider."""
    async with AsyncExitStack() as stack:

        async def open_one(**changes):
            trust = {"issuers": (issuer.url,), "grants": GRANTS, "ca_file": ca_file, **changes}
            return await stack.enter_async_context(flaat_authenticator(Trust(**trust)))

        yield open_one


@pytest.fixture
async def users(opened):
    """An authenticator that trusts the provider."""
    return await opened()


class Clock:
    """The clocks of the modules, which can be put forward."""

    def __init__(self):
        self.ahead = 0.0

    def time(self):
        return time.time() + self.ahead

    def monotonic(self):
        return time.monotonic() + self.ahead


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    for module in (by_flaat, jwts, provider):
        monkeypatch.setattr(module, "time", found)
    return found
