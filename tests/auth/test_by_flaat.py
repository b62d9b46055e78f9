"""Users of a real provider of OpenID Connect, and what is remembered of them."""

from __future__ import annotations

import asyncio

import pytest

from deepaas.auth import by_flaat
from deepaas.auth.scopes import parse_scopes
from deepaas.exceptions import Forbidden, IssuerUnavailable, Overloaded, Unauthenticated
from tests.auth.issuing import Issuer
from tests.auth.users import DISCOVERY, MEMBER, OPAQUE, USERINFO

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# Who counts


async def test_a_user_who_has_logged_in_is_known_by_subject_and_issuer(issuer, users):
    caller = await users.identify(issuer.opaque("maria", groups=["readers", "others"]), "")
    assert caller.subject == f"oidc:maria@{issuer.url}"
    assert caller.scopes == parse_scopes("predict")


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"groups": ["readers"]}, "predict"),
        ({"groups": "readers"}, "predict"),
        ({"entitlements": [MEMBER]}, "predict,train"),
        ({"eduperson_entitlement": [MEMBER, 7, None], "groups": ["admins"]}, "predict,train,admin"),
    ],
)
async def test_a_token_that_says_whose_it_is_gives_what_its_groups_do(
    issuer, users, claims, scopes
):
    caller = await users.identify(issuer.token("maria", **claims), "")
    assert caller.subject == f"oidc:maria@{issuer.url}"
    assert caller.scopes == parse_scopes(scopes)


async def test_what_the_provider_says_of_the_user_counts_beside_the_token(issuer, users):
    issuer.instead[USERINFO] = ("200 OK", {"sub": "maria", "groups": ["admins"]})
    caller = await users.identify(issuer.token("maria", groups=["readers"]), "")
    assert caller.scopes == parse_scopes("predict,admin")


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "application/at+JWT", None])
async def test_tokens_may_say_that_they_are_for_access(issuer, users, kind):
    assert await users.identify(issuer.signed(issuer.claims(groups=["readers"]), typ=kind), "")


@pytest.mark.parametrize("claims", [{}, {"groups": ["Readers", "read"]}, {"roles": ["admins"]}])
async def test_who_is_in_no_group_is_told_which_there_are(issuer, users, claims):
    with pytest.raises(Forbidden) as refused:
        await users.identify(issuer.token("maria", **claims), "")
    assert f"oidc:maria@{issuer.url} may do nothing here" in str(refused.value)
    assert "admin: it needs one of admins among its eduperson_entitlement, en" in str(refused.value)
    assert refused.value.scope == "predict train admin"


async def test_a_star_stands_for_everybody(issuer, opened):
    users = await opened(grants={"predict": ("*",), "admin": ("admins",)})
    assert (await users.identify(issuer.token(), "")).scopes == parse_scopes("predict")
    with pytest.raises(Unauthenticated):
        await users.identify("not-a-token", "")


@pytest.mark.parametrize("audience", ["deepaas", ["other", "deepaas"]])
async def test_a_token_for_this_server_counts(issuer, opened, audience):
    users = await opened(audience=("deepaas",))
    assert await users.identify(issuer.token(groups=["readers"], aud=audience), "")


# What is remembered, and for how long


async def test_all_who_show_a_token_at_once_ask_once_and_then_never(issuer, users):
    token = issuer.opaque("maria", groups=["readers"])
    callers = await asyncio.gather(*(users.identify(token, "") for _ in range(20)))
    assert {one.subject for one in callers} == {f"oidc:maria@{issuer.url}"}
    assert await users.identify(token, "") is callers[0]
    assert issuer.asked == {USERINFO: 1, DISCOVERY: 1}


async def test_a_token_that_is_unknown_is_asked_about_once(issuer, users, clock):
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await users.identify(OPAQUE, "")
    assert issuer.asked[USERINFO] == 1
    clock.ahead += by_flaat.REFUSED
    with pytest.raises(Unauthenticated):
        await users.identify(OPAQUE, "")
    assert issuer.asked[USERINFO] == 2


async def test_what_is_remembered_is_asked_again_after_its_time(issuer, users, clock):
    token = issuer.opaque("maria", groups=["readers"])
    await users.identify(token, "")
    issuer.instead[USERINFO] = ("401 Unauthorized", {})
    clock.ahead += 59
    await users.identify(token, "")
    clock.ahead += 1
    with pytest.raises(Unauthenticated):
        await users.identify(token, "")


async def test_a_token_counts_no_longer_than_it_is_valid(issuer, opened, clock):
    users = await opened(cache_time=1e6)
    token = issuer.token(groups=["readers"])
    await users.identify(token, "")
    clock.ahead += 590
    await users.identify(token, "")
    clock.ahead += 11
    with pytest.raises(Unauthenticated, match="expired"):
        await users.identify(token, "")


async def test_no_more_is_remembered_than_there_is_room_for(issuer, users, monkeypatch):
    monkeypatch.setattr(by_flaat, "MOST_REFUSED", 2)
    known = issuer.opaque("maria", groups=["readers"])
    await users.identify(known, "")
    for number in (1, 2, 3, 3, 2, 1):
        with pytest.raises(Unauthenticated):
            await users.identify(f"{OPAQUE}{number}", "")
    assert issuer.asked[USERINFO] == 1 + 4
    # Those that do not count take no room from those that do.
    await users.identify(known, "")
    assert issuer.asked[USERINFO] == 1 + 4


async def test_only_so_many_tokens_are_asked_about_at_once(issuer, opened, monkeypatch):
    monkeypatch.setattr(by_flaat, "MOST_ASKED", 3)
    monkeypatch.setattr(by_flaat, "MOST_ASKED_FROM_ONE", 2)
    users = await opened(timeout=30)
    issuer.answers.clear()
    shown = [("1", "192.0.2.1"), ("2", "192.0.2.1"), ("3", "192.0.2.2")]
    waiting = [asyncio.create_task(users.identify(OPAQUE + n, place)) for n, place in shown[:2]]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="too many tokens"):
        await users.identify(OPAQUE, "192.0.2.1")
    waiting += [asyncio.create_task(users.identify(OPAQUE + n, place)) for n, place in shown[2:]]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="too many tokens"):
        await users.identify(OPAQUE, "192.0.2.3")
    issuer.answers.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in answers] == 3 * [Unauthenticated]
    with pytest.raises(Unauthenticated):
        await users.identify(OPAQUE, "192.0.2.1")


async def test_a_caller_who_goes_away_does_not_keep_others_from_an_answer(issuer, users):
    token = issuer.opaque("maria", groups=["readers"])
    issuer.answers.clear()
    first, second = (asyncio.create_task(users.identify(token, "")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    issuer.answers.set()
    assert (await second).subject == f"oidc:maria@{issuer.url}"
    assert issuer.asked[USERINFO] == 1


async def test_an_opaque_token_counts_where_one_of_several_issuers_knows_it(
    issuer, authority, ca_file, opened
):
    with Issuer(authority).running() as other:
        users = await opened(issuers=(other.url, issuer.url))
        for each in (issuer, other):
            caller = await users.identify(each.opaque("maria", groups=["readers"]), "")
            assert caller.subject == f"oidc:maria@{each.url}"
        unknown = other.opaque("rosa", groups=["readers"])
    # Nobody else can tell that it does not count.
    users = await opened(issuers=(other.url, issuer.url))
    with pytest.raises(IssuerUnavailable, match=other.url):
        await users.identify(unknown, "")
    assert await users.identify(issuer.opaque("maria", groups=["readers"]), "")
