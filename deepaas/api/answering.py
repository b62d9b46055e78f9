"""Sending answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from deepaas.api.patience import patience
from deepaas.api.request_ids import begin
from deepaas.exceptions import ModelError
from deepaas.files import remove
from deepaas.serving.answers import JSON, Answer
from deepaas.serving.encoding import to_json

JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
# What can stand in a header; a model without a list of choices answers whatever it was asked for.
MEDIA_TYPE = re.compile(r"[!-~]{1,100}/[!-~]{1,100}( *;[ -~]{1,200})?")
# Names the version of the model that has predicted.
VERSION = "DEEPaaS-Model-Version"
CHUNK = 256 * 1024


def json_response(value: Any, status: int = 200) -> web.Response:
    """Return an answer with ``value`` as JSON.

    Args:
        value: anything that has a JSON form.
        status: HTTP status.

    Raises:
        ModelError: it has none; all that has not comes from models.
    """
    return web.Response(status=status, body=encoded(value), headers=JSON_HEADERS)


def encoded(value: Any) -> bytes:
    """Return ``value`` as JSON.

    Args:
        value: anything that has a JSON form.

    Raises:
        ModelError: it has none; all that has not comes from models.
    """
    try:
        return to_json(value)
    except Exception as error:
        raise ModelError(f"what the model says has no JSON form: {error}") from error


async def send(request: web.Request, answer: Answer, version: str) -> web.StreamResponse:
    """Send a model's answer; a file is streamed, and removed.

    Args:
        request: what it answers.
        answer: the answer.
        version: version of the model that made it; empty if it is not known.
    """
    headers = {VERSION: version} if version else {}
    if answer.body is not None and answer.content_type == JSON and not answer.filename:
        return web.Response(body=answer.body, headers=headers | JSON_HEADERS)
    try:
        headers["Content-Type"] = content_type_of(answer.content_type)
        if answer.filename:
            headers["Content-Disposition"] = _disposition(answer.filename)
        if answer.body is not None:
            return web.Response(body=answer.body, headers=headers)
        return await send_file(request, answer.path, headers)
    finally:
        remove(answer.path)


async def send_file(
    request: web.Request, path: str, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Send a temporary file, and remove it.

    Args:
        request: what it answers.
        path: where it is.
        headers: of the answer.
    """
    with open(path, "rb") as file:  # noqa: ASYNC230 - on a local disk
        # It lives until it is closed, however that comes about.
        remove(path)
        response = web.StreamResponse(headers=headers)
        response.content_length = file.seek(0, 2)
        file.seek(0)
        await begin(request, response)
        with patience(request):
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                await response.write(chunk)
            await response.write_eof()
        return response


def content_type_of(content_type: str) -> str:
    """Return a content type as it stands in a header.

    Args:
        content_type: what a model, or its caller, has chosen.
    """
    if content_type == JSON:
        return JSON_HEADERS["Content-Type"]
    return content_type if MEDIA_TYPE.fullmatch(content_type) else "application/octet-stream"


def _disposition(filename: str) -> str:
    """Return a header by RFC 6266, plain where the name is."""
    # On disk, a name is any bytes; those that are no UTF-8 are lone surrogates here.
    filename = filename.encode(errors="replace").decode()
    plain = filename.encode("ascii", "replace").decode().replace("\\", "_").replace('"', "_")
    plain = "".join(one if one.isprintable() else "_" for one in plain)
    if plain == filename:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename)}"
