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

Answer = Callable[[Any, Context], Awaitable[Any]]
# Refuses whoever may not ask the model of that name.
Admit = Callable[[str], Awaitable[None]]
# Names in metadata are in lower case.
NAME = "authorization"


def admitting(
    authenticator: Authenticator, proxies: Proxies, need: Need, context: Context
) -> Admit:
    """Return what lets a call through, if its caller may.

    A stream asks for each of its requests, since a token may be revoked meanwhile.

    Args:
        authenticator: tells who calls.
        proxies: those that are trusted to tell where a call comes from.
        need: what the method needs.
        context: of the call.
    """
    headers = [str(one) for key, one in context.invocation_metadata() or () if key == NAME]
    token = token_in(headers)
    address = address_of(context, proxies) if need.token else ""

    async def admit(model: str) -> None:
        if need.token:
            caller = await authenticator.identify(token, address)
            if need.scope is not None:
                caller.require(need.scope, model)

    return admit


def guarded(answer: Answer, need: Need, authenticator: Authenticator, proxies: Proxies) -> Answer:
    """Return a method of a servicer that is only reached by those who may.

    Args:
        answer: the method; what it is asked names the model that it is about, or none.
        need: what it needs.
        authenticator: tells who calls.
        proxies: those that are trusted to tell where a call comes from.
    """

    async def guard(request: Any, context: Context) -> Any:
        try:
            await admitting(authenticator, proxies, need, context)(_model_in(request))
        except Exception as error:
            await abort(context, failure_of(error))
        return await answer(request, context)

    return guard


def _model_in(request: Any) -> str:
    named = ("name", "model_name", "repository_name")
    return next((found for one in named if (found := getattr(request, one, ""))), "")
