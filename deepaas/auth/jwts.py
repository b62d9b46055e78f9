"""Access tokens that say themselves whose they are: JSON Web Tokens (RFC 7519, RFC 9068).

flaat 1.3 looks at none of audience and kind, allows algorithms with a shared secret, and falls back
to claims that are not verified where keys cannot be had. So they are verified here.
"""

from __future__ import annotations

import binascii
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jwt

from deepaas.exceptions import Unauthenticated

# By what a key is. With a shared secret (HS256) a public key could be taken for one, and the key
# that a token brings along, or says where to get, is the one of whoever has made the token.
ALGORITHMS = {
    "RSA": {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
    "P-256": {"ES256"},
    "P-384": {"ES384"},
    "P-521": {"ES512"},
    "Ed25519": {"EdDSA"},
    "Ed448": {"EdDSA"},
}
# Seconds by which the clock of an issuer may be ahead; no token counts longer for that.
SKEW = 30
# What other tokens of an issuer than those for access say of themselves.
OTHER_KINDS = ("ID", "Refresh", "Offline", "Logout")


class Unverified(NamedTuple):
    """What a token says of itself, which anybody can have written."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def issuer(self) -> str:
        """Who has issued it; empty if it does not say."""
        found = self.claims.get("iss")
        return found.rstrip("/") if isinstance(found, str) else ""


class Key(NamedTuple):
    """A public key.

    Args:
        name: how tokens name it; None if they do not.
        key: what it is.
        algorithms: with which it verifies.
    """

    name: str | None
    key: Any
    algorithms: frozenset[str]


def unverified(token: str) -> Unverified | None:
    """Return what a token says of itself; None for an opaque one, which says nothing.

    Args:
        token: what a caller shows.

    Raises:
        Unauthenticated: it begins as a JSON Web Token, and does not go on like one.
    """
    parts = token.split(".")
    header = _decoded(parts[0]) if len(parts) == 3 else None
    if header is None:
        return None
    claims = _decoded(parts[1])
    if claims is None:
        raise Unauthenticated("this token cannot be read")
    return Unverified(header, claims)


def _decoded(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def keys_in(document: Mapping[str, Any]) -> list[Key]:
    """Return the keys of a JSON Web Key Set (RFC 7517) that verify signatures.

    Args:
        document: the set.
    """
    listed = document.get("keys")
    found = (
        (_key(one) for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    )
    return [one for one in found if one is not None]


def _key(given: dict[str, Any]) -> Key | None:
    kind = given.get("kty") if given.get("kty") == "RSA" else given.get("crv")
    algorithms = ALGORITHMS.get(str(kind), set())
    if "alg" in given:
        algorithms = algorithms & {str(given["alg"])}
    if not algorithms or given.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(given, algorithm=min(algorithms)).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    name = given.get("kid")
    return Key(name if isinstance(name, str) else None, key, frozenset(algorithms))


def verified(token: str, keys: Iterable[Key], audience: Sequence[str]) -> dict[str, Any]:
    """Return the claims of a token whose signature, times and audience hold.

    Args:
        token: what a caller shows.
        keys: those of its issuer that it may be signed with.
        audience: for what it has to be made, one of these; empty for whatever.

    Raises:
        Unauthenticated: something does not hold; says what.
    """
    claims: dict[str, Any] | None = None
    for one in keys:
        try:
            claims = jwt.decode(
                token,
                one.key,
                algorithms=sorted(one.algorithms),
                leeway=SKEW,
                options={"verify_aud": False, "require": ["exp"]},
            )
            break
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("this token has expired") from None
        except jwt.ImmatureSignatureError:
            raise Unauthenticated("this token is not valid yet") from None
        except jwt.MissingRequiredClaimError as error:
            raise Unauthenticated(f"this token has no {error.claim}") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            raise Unauthenticated("this token cannot be verified") from None
    if claims is None:
        raise Unauthenticated("the signature of this token is not of its issuer")
    check_time(claims)
    check_audience(claims, audience)
    return claims


def check_kind(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Refuse tokens of a trusted issuer that are for something else.

    Args:
        header: of a token.
        claims: what is known of it.

    Raises:
        Unauthenticated: it is no access token, or one that only the holder of a key may show.
    """
    explicit = str(header.get("typ", "")).lower().removeprefix("application/")
    if (
        (explicit.endswith("+jwt") and explicit != "at+jwt")
        or claims.get("typ") in OTHER_KINDS
        or "at_hash" in claims
        or "events" in claims
    ):
        raise Unauthenticated("this is a token of another kind; show an access token")
    # RFC 8705 and RFC 9449: whoever has stolen it could show it as well.
    if "cnf" in claims:
        raise Unauthenticated("this token is bound to a key; show one that is not")


def check_time(claims: Mapping[str, Any]) -> None:
    """Refuse what has expired by now, to the second.

    Args:
        claims: what is known of a token; all are for ever that do not say.

    Raises:
        Unauthenticated: it has.
    """
    # Not the other way round: no number, which JSON can have, is neither.
    if not expiry(claims) > time.time():
        raise Unauthenticated("this token has expired")


def expiry(claims: Mapping[str, Any]) -> float:
    """Return when a token expires, in seconds since 1970; infinity if it does not say.

    Args:
        claims: what is known of it.
    """
    try:
        return float(claims.get("exp", "inf"))
    except (ValueError, TypeError, OverflowError):
        return 0.0


def check_audience(claims: Mapping[str, Any], audience: Sequence[str]) -> None:
    """Refuse a token that was made for others.

    Args:
        claims: what is known of it.
        audience: for what it has to be made, one of these; empty for whatever.

    Raises:
        Unauthenticated: it was not.
    """
    if not audience:
        return
    given = claims.get("aud")
    named = given if isinstance(given, list) else [given]
    if not any(one in audience for one in named):
        raise Unauthenticated(
            f"this token was made for others: its audience has to be {' or '.join(audience)}"
        )
