"""Who may not do what is asked for is refused, over gRPC."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from deepaas.api.access import Need
from deepaas.api.forwarding import Proxies
from deepaas.api.kserve.rpc.address import address_of
from deepaas.api.kserve.rpc.context import Context
from deepaas.api.kserve.rpc.errors import abort, failure_of
from deepaas.auth.authenticator import Authenticator
from deepaas.auth.bearer import token_in
from deepaas.auth.rates import RateLimits

Answer = Callable[[Any, Context], Awaitable[Any]]
# Refuses whoever may not ask the model of that name, or not in so many bytes.
Admit = Callable[[str, int], Awaitable[None]]
# Names in metadata are in lower case.
NAME = "authorization"


class Guard:
    """Lets calls through whose callers may.

    Args:
        authenticator: tells who calls.
        proxies: those that are trusted to tell where a call comes from.
        limits: how much each caller may ask for.
    """

    def __init__(self, authenticator: Authenticator, proxies: Proxies, limits: RateLimits) -> None:
        self._authenticator = authenticator
        self._proxies = proxies
        self._limits = limits

    def admitting(self, need: Need, context: Context) -> Admit:
        """Return what lets a call through.

        A stream asks for each of its requests, since a token may be revoked meanwhile.

        Args:
            need: what the method needs.
            context: of the call.
        """
        headers = [str(one) for key, one in context.invocation_metadata() or () if key == NAME]
        token = token_in(headers)
        address = address_of(context, self._proxies) if need.token else ""

        async def admit(model: str, size: int = 0) -> None:
            if not need.token:
                return
            caller = await self._authenticator.identify(token, address)
            if need.scope is not None:
                caller.require(need.scope, model)
            self._limits.requests.take(caller.subject)
            self._limits.uploads.take(caller.subject, size)

        return admit

    def guarded(self, answer: Answer, need: Need) -> Answer:
        """Return a method of a servicer that is only reached by those who may.

        Args:
            answer: the method; what it is asked names the model that it is about, or none.
            need: what it needs.
        """

        async def guard(request: Any, context: Context) -> Any:
            try:
                await self.admitting(need, context)(_model_in(request), 0)
            except Exception as error:
                await abort(context, failure_of(error))
            return await answer(request, context)

        return guard


def _model_in(request: Any) -> str:
    named = ("name", "model_name", "repository_name")
    return next((found for one in named if (found := getattr(request, one, ""))), "")
