"""Two ways to tell who asks, of which the token says the one."""

from __future__ import annotations

from deepaas.auth.authenticator import Authenticator, Caller
from deepaas.auth.tokens import PREFIX
from deepaas.exceptions import Unauthenticated


class Either:
    """Knows holders of tokens, and users of providers; see ``Authenticator``.

    Args:
        ours: knows the tokens that ``deepaas-token`` makes, which no provider is to see.
        users: knows all others.
    """

    def __init__(self, ours: Authenticator, users: Authenticator) -> None:
        self._ours = ours
        self._users = users

    async def identify(self, token: str | None, address: str) -> Caller:
        """See ``Authenticator``."""
        if token is None:
            raise Unauthenticated(
                "this needs a token, in a header 'Authorization: Bearer dp_...', or an access "
                "token of OpenID Connect in its place",
                shown=False,
            )
        way = self._ours if token.startswith(PREFIX) else self._users
        return await way.identify(token, address)
