"""A client that knows nothing but ``/swagger.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import jsonschema_rs

from tests.api.asking import get, predict
from tests.doors.door import Answer, Refusal, files_in, listed
from tests.doors.rest import accepting, is_textual, read
from tests.doors.rows import JSON, Row

Schema = dict[str, Any]


class DocumentDoor:
    """Sends what the document describes, and holds the server to what it promises.

    Args:
        session: of the server.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._document: Schema = {}

    def takes(self, row: Row) -> bool:
        """There are only texts, and files."""
        return is_textual(row)

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        if not self._document:
            self._document = (await get(self._session, "/swagger.json")).json
        operation = self._document["paths"][f"/v2/models/{model}/predict/"]["post"]
        known = {one["name"]: one for one in operation["parameters"]}
        query: list[tuple[str, str]] = []
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in arguments.items():
            if known[name]["type"] == "file":
                for one in files_in(arguments)[name]:
                    form.add_field(name, one.content, filename=one.name, content_type=one.type)
            else:
                assert known[name]["in"] == "query"
                query += [(name, text) for text in written(known[name], value)]
        answer = read(
            await predict(
                self._session,
                model,
                params=query,
                data=form if files_in(arguments) else None,
                headers=accepting(accept),
            )
        )
        if isinstance(answer, Answer):
            assert answer.content_type in operation["produces"] or any(
                answer.content_type.startswith(one[:-1])
                for one in operation["produces"]
                if one.endswith("/*")
            )
            for name in set(arguments) - set(files_in(arguments)):
                self._check(known[name], sent_as(known[name], arguments[name]))
            assert all(name in arguments for name, one in known.items() if one["required"])
        if isinstance(answer, Answer) and answer.content_type == JSON:
            promised = operation["responses"]["200"]["schema"]
            self._check(promised, {"status": "OK", "predictions": json.loads(answer.body)})
        return answer

    def _check(self, schema: Schema, value: Any) -> None:
        """Compare a value with a schema of the document."""
        if "json" in (schema.get("format"), schema.get("items", {}).get("format")):
            return
        shown = {key: one for key, one in schema.items() if key not in ("required", "in", "name")}
        whole = {
            **(shown if "in" in schema else schema),
            "definitions": self._document["definitions"],
        }
        validator = jsonschema_rs.Draft4Validator(nullable(whole), validate_formats=False)
        problems = [f"{one.message} at {one.instance_path}" for one in validator.iter_errors(value)]
        assert not problems, (problems, schema)


def written(parameter: Schema, value: Any) -> list[str]:
    """Return the texts that stand for a value in a query."""
    if parameter["type"] != "array":
        return [text(parameter, value)]
    assert parameter["collectionFormat"] == "multi"
    return [text(parameter["items"], one) for one in listed(value)]


def sent_as(parameter: Schema, value: Any) -> Any:
    """Return a value in terms of its parameter: Swagger 2.0 has no lists of several types."""
    several = parameter["type"] == "array" and parameter["items"]["type"] == "string"
    return written(parameter, value) if several else value


def text(schema: Schema, value: Any) -> str:
    """Return the text that stands for a value."""
    if schema.get("format") == "json":
        return json.dumps(value)
    # What does not fit goes as it is, for the server to refuse it.
    return value if isinstance(value, str) else json.dumps(value)


def nullable(schema: Any) -> Any:
    """Return a schema of Swagger 2.0 in terms of JSON Schema, where null is a type."""
    if isinstance(schema, list):
        return [nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: nullable(one) for key, one in schema.items() if key != "x-nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("x-nullable") is True else plain
