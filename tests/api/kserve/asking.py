"""Asking for inferences, written as the protocol has it."""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson

from tests.api.asking import Answer, ask

HEADER = "Inference-Header-Content-Length"
FLOAT_BYTES = 4
PLAIN = {"Accept-Encoding": "identity"}


def tensor(name: str, datatype: str, shape: list[int], data: Any, **parameters: Any) -> dict:
    """Return an input in JSON."""
    described = {"name": name, "datatype": datatype, "shape": shape, "data": data}
    return described | ({"parameters": parameters} if parameters else {})


def packed(name: str, datatype: str, shape: list[int], size: int, **parameters: Any) -> dict:
    """Return an input whose data come behind the JSON."""
    described = {"name": name, "datatype": datatype, "shape": shape}
    return described | {"parameters": {"binary_data_size": size, **parameters}}


async def infer(client: aiohttp.ClientSession, model: str, *inputs: dict, **more: Any) -> Answer:
    """Ask in JSON; ``more`` is the rest of the document."""
    body = orjson.dumps({"inputs": inputs, **more})
    return await ask(client, "POST", f"/v2/models/{model}/infer", data=body, headers=PLAIN)


async def infer_packed(
    client: aiohttp.ClientSession, model: str, behind: bytes, *inputs: dict, **more: Any
) -> Answer:
    """Ask with data behind the JSON."""
    head = orjson.dumps({"inputs": inputs, **more})
    return await post(client, model, head + behind, len(head))


async def post(
    client: aiohttp.ClientSession, model: str, body: bytes, length: int | str, **headers: str
) -> Answer:
    """Send a body of which so many bytes are said to be JSON."""
    headers = {**PLAIN, HEADER: str(length), **headers}
    return await ask(client, "POST", f"/v2/models/{model}/infer", data=body, headers=headers)


def outputs(answer: Answer) -> dict[str, Any]:
    """Return the data of the outputs of an answer in JSON, by name."""
    assert answer.status == 200, answer.body
    return {one["name"]: one["data"] for one in answer.json["outputs"]}


def parts(answer: Answer) -> tuple[dict[str, Any], bytes]:
    """Return the JSON of a packed answer, and what comes behind it."""
    assert answer.status == 200, answer.body
    assert answer.content_type == "application/octet-stream"
    length = int(answer.headers[HEADER])
    return orjson.loads(answer.body[:length]), answer.body[length:]


def refusal(answer: Answer, status: int = 400) -> str:
    """Return what an error says, in the one form in which all clients read it."""
    assert answer.status == status, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    document = orjson.loads(answer.body)
    assert set(document) == {"error"}
    assert "Traceback" not in document["error"]
    return document["error"]
