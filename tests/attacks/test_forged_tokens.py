"""Somebody makes up tokens of OpenID Connect, or has the server ask where it should not."""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from deepaas.exceptions import IssuerUnavailable, Unauthenticated
from tests.auth.users import DISCOVERY, KEYS, OPAQUE, USERINFO

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


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
    "a list of algorithms": (
        lambda op: unsigned(op.claims(), alg=["RS256"], kid=op.public["kid"]),
        FORGED,
    ),
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
    "a token to log out with": (
        lambda op: op.signed(op.claims(), typ="logout+jwt"),
        "another kind",
    ),
    "a stolen one that is of a key": (lambda op: op.token(cnf={"jkt": "x"}), "bound to a key"),
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
