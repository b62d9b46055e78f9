"""curl, with the Open Inference Protocol in JSON."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from typing import Any

import orjson

from tests.doors.door import Answer, Refusal
from tests.doors.rows import JSON, Row
from tests.doors.tensors import TensorDoor, in_json, shown, tensors_of


class CurlDoor:
    """Starts curl for each call.

    Args:
        url: of the server.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def takes(self, row: Row) -> bool:
        """See ``TensorDoor``, whose tensors these are."""
        return TensorDoor.takes(self, row)  # type: ignore[arg-type]

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        inputs = [
            tensor | {"data": [in_json(one) for one in tensor["data"]]}
            for tensor in tensors_of(arguments)
        ]
        body = {"inputs": inputs, "parameters": {"accept": accept} if accept else {}}
        # It says that this is a form, as it always does.
        command = ["curl", "-sS", "-d", "@-", "-w", "\n%{http_code} %{content_type}"]
        printed = await asyncio.to_thread(
            subprocess.check_output,
            [*command, f"{self._url}/v2/models/{model}/infer"],
            input=orjson.dumps(body),
        )
        answer, _, said = printed.rpartition(b"\n")
        document = orjson.loads(answer)
        if said.decode() == f"400 {JSON}":
            return Refusal.told(document["error"])
        assert said.decode() == f"200 {JSON}", printed
        return shown({one["name"]: (one, one["data"]) for one in document["outputs"]})
