"""Predictions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from deepaas.client.connection import save

JSON = "application/json"
ENVELOPE = {"status", "predictions"}


@dataclass(frozen=True)
class Prediction:
    """What a model has predicted.

    Args:
        value: the decoded value of JSON, out of its envelope; a list of the items of a stream; the
            bytes of anything else; the path where it was written to a file.
        content_type: its MIME type, without parameters.
        version: of the model that has predicted; empty if the server does not say.
    """

    value: Any
    content_type: str = JSON
    version: str = ""


async def read_prediction(response: aiohttp.ClientResponse, to: Path | None) -> Prediction:
    """Return what an answer holds.

    Args:
        response: the answer, not read yet.
        to: a file to write it to as it comes, if it is to be written.

    Raises:
        OSError: it cannot be written.
    """
    if to is None:
        value = _value(response.content_type, await response.read())
    else:
        value = await save(response, to)
    return Prediction(value, response.content_type, version_of(response))


def version_of(response: aiohttp.ClientResponse) -> str:
    """Return which version of a model has answered; empty if the server does not say.

    Args:
        response: the answer.
    """
    return response.headers.get("DEEPaaS-Model-Version", "")


def _value(content_type: str, body: bytes) -> Any:
    if content_type != JSON:
        return body
    try:
        document = json.loads(body)
    except ValueError:
        # Models may answer a stream of anything where they were asked for JSON.
        return body
    if isinstance(document, dict) and document.keys() == ENVELOPE:
        return document["predictions"]
    return document
