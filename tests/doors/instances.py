"""KServe's first protocol: each call is an instance, beside another one of its kind."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from tests.api.asking import ask
from tests.doors.door import Answer, Refusal, files_in
from tests.doors.rows import JSON, STREAMS, Row, Sent


class InstancesDoor:
    """Sends instances.

    Args:
        session: of the server.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def takes(self, row: Row) -> bool:
        """Whatever there is has a form in JSON."""
        return True

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        one = instance_of(model, arguments, accept)
        body = orjson.dumps({"instances": [one, one]})
        answer = await ask(self._session, "POST", f"/v1/models/{model}:predict", data=body)
        if answer.status == 400:
            assert answer.headers["Content-Type"] == JSON
            return refused(answer.json["error"])
        assert answer.status == 200, answer.body
        first, second = answer.json["predictions"]
        assert first == second
        return answered(first)


def instance_of(model: str, arguments: Mapping[str, Any], accept: str) -> dict[str, Any]:
    """Return a call as an instance."""
    files = files_in(arguments)
    # The protocol knows no streams, whose items are a list here, whatever is asked for.
    chosen = {"accept": accept} if accept and model not in STREAMS else {}
    return {
        name: shown(value) if name in files else value for name, value in arguments.items()
    } | chosen


def answered(prediction: Any) -> Answer:
    """Return what a prediction says."""
    if isinstance(prediction, dict) and "b64" in prediction:
        kind = prediction["content_type"].partition(";")[0]
        return Answer(kind, base64.b64decode(prediction["b64"]))
    return Answer(JSON, orjson.dumps(prediction))


def refused(error: str) -> Refusal:
    """Return what is told of one of at most two."""
    place, _, told = error.partition(": ")
    assert place in ("instance 0", "instance 1")
    return Refusal.told(told)


def shown(value: Sent | list[Sent]) -> Any:
    """Return files as JSON has them."""
    if isinstance(value, list):
        return [shown(one) for one in value]
    content = base64.b64encode(value.content).decode()
    return {"b64": content, "filename": value.name, "content_type": value.type}
