"""A real provider of OpenID Connect, that changes its keys, is slow, or is not there."""

from __future__ import annotations

import asyncio
import time

import pytest

from deepaas.auth import provider
from deepaas.auth.by_flaat import flaat_authenticator
from deepaas.auth.scopes import parse_scopes
from deepaas.exceptions import IssuerUnavailable, Unauthenticated
from deepaas.trust import Trust
from tests.auth.issuing import Issuer
from tests.auth.users import DISCOVERY, GRANTS, KEYS, OPAQUE, USERINFO

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://another.example"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://127.0.0.1/"},
        {"userinfo_endpoint": "http://127.0.0.1/"},
        {"userinfo_endpoint": "https://["},
        {"jwks_uri": f"https://{'a' * 64}.example/"},
        {"issuer": None},
    ],
)
async def test_a_provider_that_says_of_itself_what_cannot_be_is_not_trusted(issuer, users, said):
    usual = {"issuer": issuer.url, "jwks_uri": issuer.url + KEYS, "userinfo_endpoint": ""}
    issuer.instead[DISCOVERY] = ("200 OK", usual | said)
    with pytest.raises(IssuerUnavailable):
        await users.identify(issuer.token(groups=["readers"]), "")


async def test_a_provider_cannot_say_that_a_user_is_of_another_or_is_another(issuer, users):
    other = {"sub": "maria", "iss": "https://another.example", "groups": ["readers"]}
    issuer.instead[USERINFO] = ("200 OK", other)
    caller = await users.identify(OPAQUE, "")
    assert caller.subject == f"oidc:maria@{issuer.url}"
    with pytest.raises(Unauthenticated, match="of one user, and of another"):
        await users.identify(issuer.token("root"), "")


async def test_a_token_that_its_issuer_has_revoked_does_not_count(issuer, users):
    issuer.instead[USERINFO] = ("401 Unauthorized", {"error": "invalid_token"})
    with pytest.raises(Unauthenticated, match="says its issuer"):
        await users.identify(issuer.token(groups=["readers"]), "")


async def test_when_keys_change_they_are_fetched_but_not_for_each_token(issuer, users, clock):
    await users.identify(issuer.token(groups=["readers"]), "")
    issuer.rotate()
    with pytest.raises(Unauthenticated, match="signature"):
        await users.identify(issuer.token(groups=["readers"]), "")
    assert issuer.asked[KEYS] == 1
    clock.ahead += provider.KEYS_PAUSE
    await users.identify(issuer.token(groups=["readers"], jti="2"), "")
    assert issuer.asked[KEYS] == 2
    for number in range(10):
        with pytest.raises(Unauthenticated, match="signature"):
            await users.identify(issuer.signed(issuer.claims(), kid=f"mine {number}"), "")
    assert issuer.asked[KEYS] == 2


async def test_keys_that_have_no_names_change_as_well(issuer, users, clock):
    for _ in range(2):
        token = issuer.signed(issuer.claims(groups=["readers"]), kid=None)
        assert await users.identify(token, "")
        issuer.rotate()
        clock.ahead += provider.KEYS_PAUSE


async def test_keys_that_cannot_be_had_are_not_asked_for_for_each_token(issuer, users):
    issuer.instead[KEYS] = ("500 Internal Server Error", {})
    for number in range(3):
        with pytest.raises(IssuerUnavailable):
            await users.identify(issuer.token(jti=str(number)), "")
    assert issuer.asked[KEYS] == 1


async def test_a_provider_that_fails_for_one_token_is_asked_about_others(issuer, users):
    issuer.instead[USERINFO] = ("500 Internal Server Error", {})
    with pytest.raises(IssuerUnavailable):
        await users.identify(issuer.token(groups=["readers"]), "")
    issuer.instead.clear()
    assert await users.identify(issuer.token(groups=["readers"]), "")


async def test_a_key_that_is_withdrawn_counts_no_more_after_a_while(issuer, users, clock):
    withdrawn = issuer.token(groups=["readers"], exp=int(time.time()) + 3600)
    await users.identify(withdrawn, "")
    issuer.rotate()
    clock.ahead += provider.KEYS_AGE + 1
    with pytest.raises(Unauthenticated, match="signature"):
        await users.identify(withdrawn, "")


# When a provider does not answer


async def test_a_provider_that_is_down_is_not_asked_again_at_once(authority, ca_file, clock):
    with Issuer(authority).running() as issuer:
        token = issuer.token(groups=["readers"])
    trust = Trust((issuer.url,), GRANTS, ca_file=ca_file)
    async with flaat_authenticator(trust) as users:
        for _ in range(2):
            with pytest.raises(IssuerUnavailable, match=f"{issuer.url} has to be asked"):
                await users.identify(token, "")
            with pytest.raises(IssuerUnavailable):
                await users.identify(OPAQUE, "")


async def test_a_provider_that_is_slow_is_not_waited_for_nor_by_those_who_are_known(
    issuer, opened, clock
):
    users = await opened(timeout=0.3)
    known, other = (issuer.opaque(name, groups=["readers"]) for name in ("maria", "rosa"))

    async def identify(token):
        """Identify a user, however busy this machine is."""
        while True:
            try:
                return await users.identify(token, "")
            except IssuerUnavailable:
                clock.ahead += provider.PAUSE

    await identify(known)
    issuer.answers.clear()
    waiting = asyncio.gather(
        *(users.identify(one, "") for one in (other, other, OPAQUE)),
        return_exceptions=True,
    )
    await asyncio.sleep(0)
    await users.identify(known, "")
    assert [type(one) for one in await waiting] == 3 * [IssuerUnavailable]
    asked = issuer.asked.total()
    with pytest.raises(IssuerUnavailable):
        await users.identify(other, "")
    assert issuer.asked.total() == asked
    issuer.answers.set()
    assert (await identify(other)).subject == f"oidc:rosa@{issuer.url}"


# Introspection


async def test_by_introspection_the_audience_and_the_end_of_an_opaque_token_are_known(
    issuer, opened, clock
):
    end = int(time.time()) + 30
    said = {"active": True, "sub": "maria", "aud": "deepaas", "exp": end, "groups": ["readers"]}
    document = {"issuer": issuer.url, "introspection_endpoint": f"{issuer.url}/introspect"}
    issuer.instead[DISCOVERY] = ("200 OK", document)
    issuer.instead["/introspect"] = ("200 OK", said)
    users = await opened(
        audience=("deepaas",),
        client_id="us",
        client_secret="a:b",  # noqa: S106
    )
    assert (await users.identify(OPAQUE, "")).scopes == parse_scopes("predict")
    clock.ahead += 31
    with pytest.raises(Unauthenticated, match="expired"):
        await users.identify(OPAQUE, "")
    for number, wrong in enumerate(
        ({"active": False}, {"aud": "other"}, {"active": "true"}, {"exp": "?"})
    ):
        issuer.instead["/introspect"] = ("200 OK", said | {"exp": end + 600} | wrong)
        with pytest.raises(Unauthenticated):
            await users.identify(f"{OPAQUE}{number}", "")
