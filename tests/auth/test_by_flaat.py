"""Users of a real provider of OpenID Connect, and those who pretend to be."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import hmac
import json
import time
from contextlib import AsyncExitStack

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa

from deepaas.auth import by_flaat, jwts, provider
from deepaas.auth.by_flaat import flaat_authenticator
from deepaas.auth.scopes import parse_scopes
from deepaas.exceptions import Forbidden, IssuerUnavailable, Overloaded, Unauthenticated
from deepaas.trust import Trust
from tests.auth.issuing import Issuer, written

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MEMBER = "urn:mace:egi.eu:group:vo.example.eu:role=member#aai.egi.eu"
OPAQUE = "Y71m8BF6XblAS1OfhJbX38"
VISITOR = "urn:mace:egi.eu:group:vo.example.eu"
GRANTS = {"predict": ("readers", VISITOR), "train": (MEMBER,), "admin": ("admins",)}
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


@pytest.fixture
async def elsewhere():
    """A server that nobody is to ask: its URL, and who has done so."""
    came = []

    async def answer(reader, writer):
        came.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", came


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


# Who does not


def unsigned(claims, **header):
    """Return a token without a signature."""
    parts = ({"alg": "none", "typ": "JWT", **header}, claims)
    texts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in parts]
    return ".".join([*(one.rstrip("=") for one in texts), ""])


def by_secret(issuer, secret):
    """Return a token signed with what everybody knows, as if it was a secret."""
    head = unsigned(issuer.claims(groups=["admins"]), alg="HS256", kid=issuer.public["kid"])[:-1]
    mac = hmac.new(secret, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@functools.cache
def other_key():
    """Return the key of somebody else."""
    return rsa.generate_private_key(65537, 2048)


FORGED = "signature of this token is not of its issuer"
ATTACKS = {
    "expired": (lambda op: op.token(exp=int(time.time()) - 1), "has expired"),
    "expired for long": (lambda op: op.token(exp=1), "has expired"),
    "for ever": (lambda op: op.signed({"iss": op.url, "sub": "maria"}), "has no exp"),
    "no number of seconds": (lambda op: op.token(exp=float("nan")), "cannot be verified"),
    "not yet": (lambda op: op.token(nbf=int(time.time()) + 90), "not valid yet"),
    "signed by another key": (lambda op: op.signed(op.claims(), other_key()), FORGED),
    "signed by a key without a name": (
        lambda op: op.signed(op.claims(), other_key(), kid=None),
        FORGED,
    ),
    "a key that is not there": (lambda op: op.signed(op.claims(), other_key(), kid="mine"), FORGED),
    "no algorithm": (lambda op: unsigned(op.claims()), FORGED),
    "no algorithm, but a key": (lambda op: unsigned(op.claims(), kid=op.public["kid"]), FORGED),
    "no Algorithm": (lambda op: unsigned(op.claims(), alg="nOnE"), FORGED),
    "no signature": (lambda op: op.token().rpartition(".")[0] + ".", FORGED),
    "the key as a secret": (lambda op: by_secret(op, op.public_pem), FORGED),
    "the modulus as a secret": (lambda op: by_secret(op, op.public["n"].encode()), FORGED),
    "an empty secret": (lambda op: by_secret(op, b""), FORGED),
    "a key of its own": (
        lambda op: op.signed(op.claims(), other_key(), jwk=op.public, x5c=["MIIB"], kid="mine"),
        FORGED,
    ),
    "what has to be understood": (
        lambda op: op.signed(op.claims(), crit=["exp"]),
        "cannot be verified",
    ),
    "another text": (lambda op: op.token()[:-40] + "A" * 40, FORGED),
    "claims of another token": (
        lambda op: ".".join(
            [
                op.token().split(".")[0],
                op.token("root").split(".")[1],
                op.token().split(".")[2],
            ]
        ),
        FORGED,
    ),
    "no user": (
        lambda op: op.signed({"iss": op.url, "exp": int(time.time()) + 60}),
        "of which user",
    ),
    "a user of several lines": (lambda op: op.token("maria\nroot"), "of which user"),
    "a token for a client": (lambda op: op.id_token("maria", groups=["readers"]), "another kind"),
    "a token to get others with": (lambda op: op.token(typ="Refresh"), "another kind"),
    "no claims": (lambda op: op.token().split(".")[0] + ".e30=.AAAA", "do not count here"),
    "no object": (lambda op: op.token().split(".")[0] + ".W10.AAAA", "cannot be read"),
    "too deep": (lambda op: f"{op.token().split('.')[0]}.{'W1tb' * 1500}.AAAA", "cannot be read"),
    "a header that is too deep": (lambda op: f"{'W1tb' * 1500}.e30.AAAA", "says its issuer"),
    "opaque": (lambda op: OPAQUE, "says its issuer"),
    "a header alone": (lambda op: op.token().split(".")[0], "says its issuer"),
    "too many parts": (lambda op: op.token() + ".AAAA", "says its issuer"),
    "nothing": (lambda op: "", "'Bearer' and a token"),
}


async def test_what_does_not_hold_is_refused(issuer, opened):
    # All would be let in who were known.
    users = await opened(grants={"admin": ("*",)})
    for attack, (make, words) in ATTACKS.items():
        with pytest.raises(Unauthenticated) as refused:
            await users.identify(make(issuer), "")
        assert words in str(refused.value), attack
    assert await users.identify(issuer.token(), "")


async def test_a_token_for_others_is_refused(issuer, opened):
    users = await opened(audience=("deepaas",))
    claims = issuer.claims(groups=["readers"])
    others = [{"aud": one} for one in ("", "deepaas2", ["other"], {"deepaas": 1}, [["deepaas"]])]
    tokens = [issuer.signed(claims | one) for one in ({}, *others)]
    for token in (*tokens, issuer.opaque("maria", groups=["readers"])):
        with pytest.raises(Unauthenticated, match="has to be deepaas"):
            await users.identify(token, "")


UNTRUSTED = [
    "{elsewhere}",
    "{elsewhere}/",
    "{elsewhere}/#{trusted}",
    "{trusted}@{elsewhere}",
    "{trusted}/../{elsewhere}",
    "{trusted}.{elsewhere}",
    "{trusted}#",
    "http://169.254.169.254/latest",
    "file:///etc/passwd",
    "",
    None,
    ["{trusted}"],
]


async def test_an_issuer_that_is_not_trusted_is_not_asked(issuer, users, elsewhere):
    url, came = elsewhere
    for named in UNTRUSTED:
        if isinstance(named, str):
            named = named.format(elsewhere=url, trusted=issuer.url)
        claims = {**issuer.claims(groups=["admins"]), "iss": named}
        for token in (
            unsigned(claims),
            issuer.signed(claims),
            issuer.signed(claims, other_key()),
        ):
            with pytest.raises(Unauthenticated, match="do not count here, but those of https://lo"):
                await users.identify(token, "")
    assert came == []
    assert issuer.asked.total() == 0


async def test_where_a_token_says_that_its_key_is_nobody_asks(issuer, users, elsewhere):
    url, came = elsewhere
    for kid in (issuer.public["kid"], f"{url}/key", f"../../..{url}"):
        token = issuer.signed(
            issuer.claims(groups=["admins"]), other_key(), kid=kid, jku=url, x5u=url, iss=url
        )
        with pytest.raises(Unauthenticated, match="signature"):
            await users.identify(token, "")
    assert came == []


async def test_a_token_goes_where_no_redirection_leads(issuer, users, elsewhere):
    url, came = elsewhere
    for path in (USERINFO, KEYS, DISCOVERY):
        issuer.instead[path] = ("307 Temporary Redirect", url)
        with pytest.raises(IssuerUnavailable):
            await users.identify(issuer.opaque("maria", path=path), "")
    assert came == []


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://another.example"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://127.0.0.1/"},
        {"userinfo_endpoint": "http://127.0.0.1/"},
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


async def test_only_so_many_tokens_are_asked_about_at_once(issuer, opened, monkeypatch):
    monkeypatch.setattr(by_flaat, "MOST_ASKED", 2)
    users = await opened(timeout=30)
    issuer.answers.clear()
    waiting = [asyncio.create_task(users.identify(f"Y71m8BF6XblAS{n}", "")) for n in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="too many tokens"):
        await users.identify("Y71m8BF6XblAS9", "")
    issuer.answers.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in answers] == 2 * [Unauthenticated]


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
