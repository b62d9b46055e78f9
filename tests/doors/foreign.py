"""Clients that others have written, each in a process that makes calls for the table."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.doors.door import Answer, Refusal, files_in
from tests.doors.instances import answered, instance_of, refused
from tests.doors.process import Process
from tests.doors.rows import Row, Whole
from tests.doors.tensors import KINDS, TensorDoor, in_json, is_numeric, shown, tensors_of

# What has no name and no type is taken as well for these arguments of files, and as CSV for tables.
NAMELESS = ("data", "path", "opened", "several", "image", "images")
CSV = "text/csv"


class Foreign:
    """A client of a server.

    Args:
        process: a script ``*_calls.py`` of ``tests/foreign``.
        address: of the server, as that client takes it.
        kinds: which of the script's clients, each in its turn.
    """

    def __init__(self, process: Process, address: str, *kinds: str) -> None:
        self._process = process
        self._address = address
        self._kinds = itertools.cycle(kinds)

    async def call(self, model: str, **sent: Any) -> tuple[str, Any]:
        """Have a call made, and return ``answered`` or ``refused``, and what or why."""
        message = [next(self._kinds), self._address, {"model": model, **sent}]
        # The server is in this process.
        ((outcome, got),) = (await asyncio.to_thread(self._process.ask, message)).items()
        assert outcome != "failed", got
        return outcome, got


class ForeignDoor:
    """Has a client send tensors.

    Args:
        client: one of the Open Inference Protocol.
        textual: whether it sends JSON, where files have to be in base64.
    """

    def __init__(self, client: Foreign, textual: bool = False) -> None:
        self._client = client
        self._textual = textual

    def takes(self, row: Row) -> bool:
        """See ``TensorDoor``, whose tensors these are."""
        return TensorDoor.takes(self, row)  # type: ignore[arg-type]

    def tensors(self, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Give the tensor of each argument."""
        return tensors_of(arguments)

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        inputs = [on_the_line(one, self._textual) for one in self.tensors(arguments)]
        parameters = {"accept": accept} if accept else {}
        outcome, got = await self._client.call(model, inputs=inputs, parameters=parameters)
        if outcome == "refused":
            return Refusal.told(got)
        return shown({one["name"]: (one, off_the_line(one)) for one in got})


class TritonDoor(ForeignDoor):
    """Has tritonclient send tensors, which have no parameters."""

    def takes(self, row: Row) -> bool:
        """So null would be a text, and a file has neither a name nor the type that it tells."""
        named = [
            one
            for name, several in files_in(row.arguments).items()
            for one in several
            if name not in NAMELESS and one.type != CSV
        ]
        return not named and None not in row.arguments.values() and super().takes(row)

    def tensors(self, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Give the tensor of each argument; so no list can be told to be JSON."""
        return tensors_of({name: of_one_kind(value) for name, value in arguments.items()})


class KServeDoor(ForeignDoor):
    """Has KServe's client send tensors, and take such as are packed."""

    def takes(self, row: Row) -> bool:
        """It reads those as UTF-8, which no picture is."""
        return not row.content_type.startswith("image/") and super().takes(row)


class OpenApiDoor(ForeignDoor):
    """Has open-inference-openapi send tensors."""

    def takes(self, row: Row) -> bool:
        """It makes floats of all texts that look like numbers, in what it sends and in answers."""
        # An answer without parts is a text of JSON.
        answer = row.answer if isinstance(row.answer, dict | str) else json.dumps(row.answer)
        values = [*row.arguments.values(), answer]
        return not any(map(looks_like_a_number, values)) and super().takes(row)


class ForeignInstancesDoor:
    """Has a client send instances.

    Args:
        client: one of KServe's first protocol.
    """

    def __init__(self, client: Foreign) -> None:
        self._client = client

    def takes(self, row: Row) -> bool:
        """Whatever there is has a form in JSON."""
        return True

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        sent = instance_of(model, arguments, accept)
        outcome, got = await self._client.call(model, instances=[sent])
        return refused(got) if outcome == "refused" else answered(*got)


def on_the_line(tensor: dict[str, Any], textual: bool) -> dict[str, Any]:
    """Return a tensor as it is told to the process: whatever there is of BYTES is in base64."""
    if tensor["datatype"] != "BYTES":
        return tensor
    sent = map(in_json, tensor["data"]) if textual else tensor["data"]
    raw = (one.encode() if isinstance(one, str) else one for one in sent)
    return tensor | {"data": [base64.b64encode(one).decode() for one in raw]}


def off_the_line(tensor: dict[str, Any]) -> list[Any]:
    """Return the elements of a tensor that the process has told."""
    if not tensor["binary"]:
        return list(tensor["data"])
    # Some clients have numbers among them.
    return [base64.b64decode(one) if isinstance(one, str) else one for one in tensor["data"]]


def of_one_kind(value: Any) -> Any:
    """Return a list of numbers and texts as texts, and anything else as it is."""
    if not isinstance(value, list) or isinstance(value, Whole) or is_numeric(value):
        return value
    if {*map(type, value)} <= {*KINDS}:
        return [one if isinstance(one, str) else json.dumps(one) for one in value]
    return value


def looks_like_a_number(value: Any) -> bool:
    """Tell whether a text does, or one among several."""
    if isinstance(value, list | dict):
        return any(map(looks_like_a_number, value.values() if isinstance(value, dict) else value))
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return False
    return True
