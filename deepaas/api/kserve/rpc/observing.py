"""Calls over gRPC are identified, counted, timed, traced and logged, as requests over HTTP are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from grpc import StatusCode

from deepaas.api.access_log import log_access
from deepaas.api.forwarding import Proxies
from deepaas.api.kserve.rpc.address import address_of
from deepaas.api.kserve.rpc.context import Context
from deepaas.api.requests import Requests

# Names in metadata are in lower case.
HEADER, TRACE = "x-request-id", "traceparent"
NAMES = {one.value[0]: one.name for one in StatusCode}

Answer = Callable[[Any, Context], Awaitable[Any]]


def observed(answer: Answer, path: str, requests: Requests, proxies: Proxies, logs: bool) -> Answer:
    """Return a method of a servicer that is observed.

    The id of a call is in the metadata that follow its answer.

    Args:
        answer: the method.
        path: its full name.
        requests: where calls are counted.
        proxies: those that are trusted to tell where a call comes from.
        logs: whether there is an access log.
    """

    async def observe(request: Any, context: Context) -> Any:
        begun = perf_counter()
        said = {key: str(one) for key, one in context.invocation_metadata() or ()}
        size = 0
        with requests.observed("gRPC", path, said.get(HEADER), said.get(TRACE)) as seen:
            context.set_trailing_metadata(((HEADER, seen.request_id),))
            try:
                response = await answer(request, context)
                seen.status = NAMES[0]
                size = len(response) if isinstance(response, bytes) else 0
                return response
            except asyncio.CancelledError:
                seen.status = StatusCode.CANCELLED.name
                raise
            except BaseException:
                seen.status = name_of(context.code())
                raise
            finally:
                if logs:
                    seconds = perf_counter() - begun
                    address = address_of(context, proxies)
                    log_access(address, "gRPC", path, seen.status, size, seconds)

    return observe


def name_of(code: Any) -> str:
    """Return the name of a status, as the context of a call has it."""
    # By its version, gRPC tells what a call was aborted with as itself or as its number.
    return code.name if isinstance(code, StatusCode) else NAMES.get(code, StatusCode.UNKNOWN.name)
