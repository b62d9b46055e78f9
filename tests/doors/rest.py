"""The REST API: arguments in a JSON document, in the query and in a form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import orjson

from tests.api.asking import Answer as Response
from tests.api.asking import predict
from tests.doors.door import Answer, Refusal, files_in, listed
from tests.doors.rows import JSON, Row


class JsonDoor:
    """Sends a JSON document.

    Args:
        session: of the server.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def takes(self, row: Row) -> bool:
        """Files have no form in JSON."""
        return not files_in(row.arguments)

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        headers = accepting(accept)
        return read(await predict(self._session, model, json=arguments, headers=headers))


class QueryDoor:
    """Writes arguments into the URL.

    Args:
        session: of the server.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def takes(self, row: Row) -> bool:
        """There are only texts."""
        return is_textual(row) and not files_in(row.arguments)

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        query = [*pairs(arguments)]
        headers = accepting(accept)
        return read(await predict(self._session, model, params=query, headers=headers))


class ListsDoor(QueryDoor):
    """Writes arguments into the URL, lists as JSON text."""

    def takes(self, row: Row) -> bool:
        """There are only texts."""
        return super().takes(row) and any(isinstance(one, list) for one in row.arguments.values())

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        query = {
            name: one if isinstance(one, str) else json.dumps(one)
            for name, one in arguments.items()
        }
        headers = accepting(accept)
        return read(await predict(self._session, model, params=query, headers=headers))


class FormDoor:
    """Fills in a form.

    Args:
        session: of the server.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def takes(self, row: Row) -> bool:
        """There are only texts, and files."""
        return is_textual(row)

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        files = files_in(arguments)
        form = aiohttp.FormData(default_to_multipart=bool(files))
        for name, text in pairs({key: arguments[key] for key in arguments if key not in files}):
            form.add_field(name, text)
        for name, several in files.items():
            for one in several:
                form.add_field(name, one.content, filename=one.name, content_type=one.type)
        headers = accepting(accept)
        return read(await predict(self._session, model, data=form, headers=headers))


def accepting(accept: str) -> dict[str, str]:
    """Return the headers of a request for a content type."""
    return {"Accept": accept} if accept else {}


def is_textual(row: Row) -> bool:
    """Tell whether texts can say what a call sends."""
    return not row.typed and None not in row.arguments.values() and [] not in row.arguments.values()


def pairs(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give arguments as texts: lists repeat their name, and what is nested becomes JSON."""
    for name, value in arguments.items():
        for one in listed(value):
            yield name, one if isinstance(one, str) else json.dumps(one)


def read(response: Response) -> Answer | Refusal:
    """Return what a response says."""
    if response.status == 422:
        return Refusal.of(response.json)
    assert response.status == 200, response.body
    if response.content_type == JSON:
        return Answer(JSON, orjson.dumps(response.predictions))
    return Answer(response.content_type, response.body)
