"""Asking a server by KServe's first protocol."""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson

from tests.api.asking import Answer, ask


async def predict(
    client: aiohttp.ClientSession, model: str, *instances: Any, **headers: str
) -> Answer:
    """Ask for predictions; underscores in names of headers are hyphens."""
    return await post(client, model, orjson.dumps({"instances": instances}), **headers)


async def post(
    client: aiohttp.ClientSession, model: str, body: bytes, verb: str = "predict", **headers: str
) -> Answer:
    """Send a body."""
    said = {"Content-Type": "application/json"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(client, "POST", f"/v1/models/{model}:{verb}", data=body, headers=said)


def predictions(answer: Answer) -> list[Any]:
    """Return what is predicted."""
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    document = orjson.loads(answer.body)
    assert set(document) == {"predictions"}
    found: list[Any] = document["predictions"]
    return found
