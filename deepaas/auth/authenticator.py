"""Who asks: the protocol, and what stands for it where nobody has to say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from deepaas.auth.scopes import EVERYTHING, Scope, Scopes, written
from deepaas.exceptions import Forbidden


class Caller(NamedTuple):
    """Somebody who asks.

    Args:
        subject: who it is, in a form that nobody else can take: ``token:NAME`` for the holder of a
            token, ``oidc:SUBJECT@ISSUER`` for a user of a provider of OpenID Connect, an address
            for somebody who need not say. Trainings belong to subjects.
        scopes: what they may do.
        ways: how scopes can be got, where that is known.
    """

    subject: str
    scopes: Scopes
    ways: Mapping[Scope, str] = MappingProxyType({})

    def require(self, scope: Scope, model: str = "") -> None:
        """Refuse what the caller may not do.

        Args:
            scope: what is asked for.
            model: of which model; empty for what concerns all.

        Raises:
            Forbidden: naming the scope that is missing.
        """
        if not self.scopes.allow(scope, model):
            missing = written(scope, model)
            way = f": {self.ways[scope]}" if scope in self.ways else ""
            raise Forbidden(
                f"this needs the scope {missing!r}, which {self.subject} has not{way}", scope
            )

    def owner(self, model: str) -> str | None:
        """Return whose trainings of a model the caller may see; None for those of all.

        Args:
            model: the model.
        """
        return None if self.scopes.allow(Scope.ADMIN, model) else self.subject


class Authenticator(Protocol):
    """Tells who asks, at whatever door.

    Several ways are offered at once by ``Either``, which looks at the token.
    """

    async def identify(self, token: str | None, address: str) -> Caller:
        """Return who shows a token. It is called for each request, so what can be known is kept.

        Args:
            token: what the caller shows; None for nothing, empty for what is no token.
            address: where the caller is, as far as that is known.

        Raises:
            Unauthenticated: a token is needed, or this one does not count.
            StorageUnavailable: that cannot be found out.
        """


class NoAuth:
    """Lets everybody do everything."""

    async def identify(self, token: str | None, address: str) -> Caller:
        """See ``Authenticator``."""
        return Caller(address, EVERYTHING)
