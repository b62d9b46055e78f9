"""Requests that come as CloudEvents (version 1.0), and are answered by one."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import web

from deepaas.api.kserve.failures import JSON_HEADERS
from deepaas.exceptions import MalformedRequest
from deepaas.serving.encoding import to_json
from deepaas.tensors.values import read_document

SPECVERSION = "ce-specversion"
NEEDED = ("id", "source", "type")
STRUCTURED = "application/cloudevents+json"
TYPE = "io.kserve.inference.response"
SOURCE = "io.kserve.inference."

Answer = Callable[[str, bytes], web.Response]
"""Makes a response, out of the name of the model that has answered and a body of JSON."""


def open_event(headers: Mapping[str, str], body: bytes) -> tuple[bytes, Answer]:
    """Return the request that may be inside an event, and what makes an answer of its kind.

    Args:
        headers: of HTTP.
        body: of HTTP.

    Raises:
        MalformedRequest: it is an event that lacks something.
    """
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() == STRUCTURED:
        event = read_document(body)
        if not isinstance(event, dict):
            raise MalformedRequest("an event must be an object")
        _check("event: ", event, event.get("specversion"), "")
        return to_json(event.get("data")), _answer_structured
    if SPECVERSION in headers:
        _check("header ", headers, headers[SPECVERSION], "ce-")
        return body, _answer_binary
    return body, _answer_plainly


def _check(what: str, given: Mapping[str, Any], version: Any, prefix: str) -> None:
    if version != "1.0":
        raise MalformedRequest(f"{what}{prefix}specversion must be 1.0, not {version!r}")
    for name in NEEDED:
        if not given.get(f"{prefix}{name}"):
            raise MalformedRequest(f"{what}{prefix}{name} is missing")


def _attributes(model: str) -> dict[str, str]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"{SOURCE}{quote(model)}",
        "type": TYPE,
        "time": datetime.datetime.now(datetime.UTC).isoformat(),
    }


def _answer_plainly(model: str, body: bytes) -> web.Response:
    return web.Response(body=body, headers=JSON_HEADERS)


def _answer_binary(model: str, body: bytes) -> web.Response:
    headers = {f"ce-{name}": value for name, value in _attributes(model).items()}
    return web.Response(body=body, headers=headers | JSON_HEADERS)


def _answer_structured(model: str, body: bytes) -> web.Response:
    event = _attributes(model) | {"datacontenttype": JSON_HEADERS["Content-Type"]}
    told = orjson.dumps({**event, "data": orjson.Fragment(body)})
    return web.Response(body=told, headers={"Content-Type": STRUCTURED})
