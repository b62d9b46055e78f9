"""Who may not do what is asked for is refused, over gRPC."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from grpc import StatusCode

from deepaas.api.access import Need
from deepaas.api.forwarding import Proxies
from deepaas.api.kserve.rpc.address import address_of
from deepaas.api.kserve.rpc.context import Context
from deepaas.api.kserve.rpc.errors import abort, failure_of
from deepaas.api.kserve.rpc.observing import name_of
from deepaas.audit import ANONYMOUS, Audit
from deepaas.auth.authenticator import Authenticator, Caller
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
        audit: where it is written down what callers do.
        known: whether they have to say who they are.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        proxies: Proxies,
        limits: RateLimits,
        audit: Audit,
        known: bool,
    ) -> None:
        self._authenticator = authenticator
        self._proxies = proxies
        self._limits = limits
        self._audit = audit
        self._known = known

    def admitting(
        self, need: Need, context: Context, seen: Callable[[Caller], None] = lambda caller: None
    ) -> Admit:
        """Return what lets a call through.

        A stream asks for each of its requests, since a token may be revoked meanwhile.

        Args:
            need: what the method needs.
            context: of the call.
            seen: is told who calls, as soon as that is known.
        """
        headers = [str(one) for key, one in context.invocation_metadata() or () if key == NAME]
        token = token_in(headers)
        address = address_of(context, self._proxies) if need.token else ""

        async def admit(model: str, size: int = 0) -> None:
            if not need.token:
                return
            caller = await self._authenticator.identify(token, address)
            seen(caller)
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
            callers: list[Caller] = []
            try:
                try:
                    await self.admitting(need, context, callers.append)(_model_in(request), 0)
                except Exception as error:
                    await abort(context, failure_of(error))
                return await answer(request, context)
            finally:
                if need.action and callers:
                    self._write_down(need.action, callers[0], request, context)

        return guard

    def _write_down(self, action: str, caller: Caller, request: Any, context: Context) -> None:
        # A call that has come to its end has no code yet, and one that was cancelled has none.
        done = context.code() or (StatusCode.CANCELLED if context.cancelled() else StatusCode.OK)
        self._audit.write(
            action,
            caller.subject if self._known else ANONYMOUS,
            address=address_of(context, self._proxies),
            model=_model_in(request),
            result=name_of(done),
        )


def _model_in(request: Any) -> str:
    named = ("name", "model_name", "repository_name")
    return next((found for one in named if (found := getattr(request, one, ""))), "")
