"""Tokens: random, and known to the server by their hash alone."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from dataclasses import dataclass, field
from functools import cached_property

from deepaas.auth.authenticator import Caller
from deepaas.auth.scopes import Scopes

PREFIX = "dp_"
BYTES = 32
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{32,128}}")
HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Token:
    """What is known of a token. Moments are seconds since 1970.

    Args:
        name: whom it was made for.
        hash: its SHA-256, in hexadecimal digits.
        scopes: what its holder may do.
        expires: when it ceases to count; None for never.
        created: when it was made.
        used: when it was last shown, to the minute; None if it never was.
        revoked: when it was revoked; None if it was not.
    """

    name: str
    hash: str
    scopes: Scopes
    expires: float | None = None
    created: float = field(default_factory=time.time)
    used: float | None = None
    revoked: float | None = None

    @cached_property
    def caller(self) -> Caller:
        """Its holder."""
        return Caller(f"token:{self.name}", self.scopes)

    @property
    def expired(self) -> bool:
        """Whether it counts no more by now."""
        return self.expires is not None and time.time() >= self.expires

    @property
    def state(self) -> str:
        """Whether it counts, in a word."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expired else "valid"


def new_token() -> str:
    """Return a token that nobody has; its letters need no quoting anywhere."""
    return PREFIX + secrets.token_urlsafe(BYTES)


def hashed(token: str) -> str:
    """Return the SHA-256 of a token, by which it is looked up.

    No more is needed than a fast hash, since what is hashed is random; and how long the look-up
    takes tells of the hash alone.

    Args:
        token: what a caller shows.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def checked_name(name: str) -> str:
    """Return the name of a token.

    Args:
        name: what is to be one.

    Raises:
        ValueError: it cannot be; says what can.
    """
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name: it is made of up to 64 letters, digits and ._@-, and begins "
            "with a letter or digit"
        )
    return name
