"""Errors become HTTP answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from deepaas import exceptions
from deepaas.api.keys import SETTINGS
from deepaas.api.kserve.failures import JSON_HEADERS
from deepaas.api.kserve.failures import failure as inference_failure
from deepaas.api.kserve.paths import Errors, errors_at
from deepaas.api.request_ids import begin
from deepaas.files import no_room
from deepaas.log import getLogger
from deepaas.serving.outward import outward
from deepaas.settings import Settings

LOG = getLogger(__name__)
NO_SETTINGS = Settings()

STATUS: dict[type[exceptions.DeepaasError], int] = {
    exceptions.MalformedRequest: 400,
    exceptions.Unauthenticated: 401,
    exceptions.EndpointDisabled: 402,
    exceptions.Forbidden: 403,
    exceptions.CrossSite: 403,
    exceptions.UnknownModel: 404,
    exceptions.UnknownTraining: 404,
    exceptions.UnknownArtifact: 404,
    exceptions.StalledRequest: 408,
    exceptions.Conflict: 409,
    exceptions.PayloadTooLarge: 413,
    exceptions.UnsupportedContent: 415,
    exceptions.UnknownHost: 421,
    exceptions.LimitExceeded: 429,
    exceptions.ModelError: 500,
    exceptions.FunctionNotOffered: 501,
    exceptions.ExecutorClosed: 503,
    exceptions.IssuerUnavailable: 503,
    exceptions.ModelStarting: 503,
    exceptions.ModelUnloaded: 503,
    exceptions.Overloaded: 503,
    exceptions.StorageUnavailable: 503,
    exceptions.Timeout: 504,
    exceptions.DiskFull: 507,
}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What frames an answer is for the server to say; a model that says otherwise would cut it short.
FRAMING = re.compile(
    r"connection|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*"
    r"|content-(encoding|length|type)",
    re.IGNORECASE,
)
# Seconds after which it may be worth while to ask again, where nothing else is known.
RETRY_AFTER = 5


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer each error with its status and a JSON body."""
    try:
        return await handler(request)
    except exceptions.InvalidArguments as error:
        if _errors_at(request) is Errors.INFERENCE:
            return _failure(request, 400, str(error))
        body = json.dumps(error.messages, default=str).encode()
        return _response(422, body)
    except exceptions.ModelRefusal as error:
        return _refused(request, error)
    except exceptions.DeepaasError as error:
        if isinstance(error, exceptions.ModelError):
            LOG.error("%s\n%s", error, error.trace)
        elif isinstance(error, exceptions.StorageUnavailable):
            LOG.warning("%s: %s", error, error.why)
        status = STATUS.get(type(error), 500)
        # What is wrong with the request is told in the words of who asks.
        text = outward(str(error)) if status >= 500 else str(error)
        response = _failure(request, status, text, headers=_said_beside(status, error))
        if isinstance(error, exceptions.StalledRequest) or request.content.exception() is not None:
            return await _hang_up_after(request, response)
        return response
    except web.HTTPException as error:
        if error.status < 400:
            raise
        text = _explanation(request, error)
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _failure(request, error.status, text, headers=headers)
    except Exception as error:
        # Into an answer that is under way, another one would go as if it were a part of it.
        if request.writer.output_size > 0 or (
            isinstance(error, ConnectionError) and request.transport is None
        ):
            raise
        if isinstance(error, OSError) and no_room(error):
            return _failure(request, 507, "the server's disk is full")
        LOG.exception("Unexpected error in %s %s", request.method, request.path)
        return _failure(request, 500, "internal error of the server; its log says more")


def _said_beside(status: int, error: exceptions.DeepaasError) -> dict[str, str]:
    """Return the headers that a failure needs."""
    if status in (429, 503):
        return {"Retry-After": str(getattr(error, "retry_after", RETRY_AFTER))}
    # RFC 6750, section 3.
    if isinstance(error, exceptions.Unauthenticated):
        return {"WWW-Authenticate": 'Bearer error="invalid_token"' if error.shown else "Bearer"}
    if isinstance(error, exceptions.Forbidden):
        said = f'Bearer error="insufficient_scope", scope="{error.scope}"'
        return {"WWW-Authenticate": said}
    return {}


async def _hang_up_after(request: web.Request, response: web.Response) -> web.Response:
    """Send an answer and close the connection.

    Whatever is left of a body that cannot be read would raise again.
    """
    response.force_close()
    await begin(request, response)
    await response.write_eof()
    request.protocol.force_close()
    return response


def _refused(request: web.Request, error: exceptions.ModelRefusal) -> web.Response:
    headers = _passable(error.headers)
    if error.status >= 300:
        return _failure(request, error.status, str(error), error.reason, headers)
    # The model did not fail, though it answered by raising.
    text = None if error.status in (204, 205) else str(error)
    return web.Response(
        status=error.status, text=text, reason=error.reason or None, headers=headers
    )


def _passable(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if HEADER_NAME.fullmatch(name) and not FRAMING.fullmatch(name)
    }


def _errors_at(request: web.Request) -> Errors:
    return errors_at(
        request.rel_url.raw_path, request.config_dict.get(SETTINGS, NO_SETTINGS).base_path
    )


def _failure(
    request: web.Request,
    status: int,
    text: str,
    reason: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """Return the answer of a failed request as clients of its path read it."""
    where = _errors_at(request)
    if where is Errors.INFERENCE:
        return inference_failure(status, text, reason, headers)
    response = failure(status, text, reason, headers)
    if where is Errors.SHARED:
        response.headers["Content-Type"] = JSON_HEADERS["Content-Type"]
    return response


def failure(
    status: int, text: str, reason: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    """Return the answer of a failed request.

    Args:
        status: HTTP status.
        text: what was wrong.
        reason: the status line's words, if not the usual ones.
        headers: further headers.
    """
    # Headers that are quoted may have characters that UTF-8 has no form for.
    text = text.encode(errors="backslashreplace").decode()
    body = orjson.dumps({"error": text, "message": text})
    return _response(status, body, reason or None, headers)


def _response(
    status: int, body: bytes, reason: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status,
        body=body,
        reason=reason,
        headers={**(headers or {}), "Content-Type": "application/json; charset=utf-8"},
    )


def _explanation(request: web.Request, error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPNotFound):
        return f"there is nothing at {request.path}"
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return f"{error.method} is not possible at {request.path}; possible: {allowed}"
    return error.text or error.reason
