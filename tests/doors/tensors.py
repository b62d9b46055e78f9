"""The Open Inference Protocol, written here as its clients write it: in JSON, and packed."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import numpy as np
import orjson

from tests.api.asking import ask
from tests.doors.door import Answer, Refusal, files_in
from tests.doors.rows import JSON, Row, Sent, Whole

HEADER = "Inference-Header-Content-Length"
DTYPES = {"BOOL": "?", "INT64": "<i8", "FP64": "<f8", "FP32": "<f4", "UINT8": "u1"}
KINDS = {bool: "BOOL", int: "INT64", float: "FP64", str: "BYTES"}


class TensorDoor:
    """Sends tensors.

    Args:
        session: of the server.
        packed: whether their elements, and those of the answer, come behind the JSON.
    """

    def __init__(self, session: aiohttp.ClientSession, packed: bool) -> None:
        self._session = session
        self._packed = packed

    def takes(self, row: Row) -> bool:
        """A tensor of one element does not tell a value from a list of one."""
        parts = row.answer.values() if isinstance(row.answer, dict) else ()
        return not any(
            isinstance(one, list) and len(one) == 1 and type(one[0]) in KINDS for one in parts
        )

    async def call(self, model: str, arguments: Mapping[str, Any], accept: str) -> Answer | Refusal:
        """Call a model; see ``Door``."""
        tensors, behind = [], b""
        for tensor in tensors_of(arguments):
            if self._packed:
                data = pack(tensor.pop("data"), tensor["datatype"])
                tensor["parameters"] = {**tensor["parameters"], "binary_data_size": len(data)}
                behind += data
            else:
                tensor["data"] = [in_json(one) for one in tensor["data"]]
            tensors.append(tensor)
        parameters = {"binary_data_output": self._packed} | ({"accept": accept} if accept else {})
        head = orjson.dumps({"id": "7", "inputs": tensors, "parameters": parameters})
        headers = {HEADER: str(len(head))} if self._packed else {}
        return await self._answer(model, head + behind, headers)

    async def _answer(self, model: str, body: bytes, headers: dict[str, str]) -> Answer | Refusal:
        path = f"/v2/models/{model}/infer"
        answer = await ask(self._session, "POST", path, data=body, headers=headers)
        if answer.status == 400:
            assert answer.headers["Content-Type"] == JSON
            return Refusal.told(answer.json["error"])
        assert answer.status == 200, answer.body
        size = int(answer.headers.get(HEADER, len(answer.body)))
        head, behind = orjson.loads(answer.body[:size]), answer.body[size:]
        assert (head["model_name"], head["id"]) == (model, "7")
        outputs = {}
        for tensor in head["outputs"]:
            parameters = tensor.get("parameters", {})
            if self._packed:
                data = behind[: parameters["binary_data_size"]]
                behind = behind[len(data) :]
                elements = unpack(data, tensor["datatype"])
            else:
                assert tensor["datatype"] in KINDS.values() or tensor["datatype"] in DTYPES
                elements = tensor["data"]
            outputs[tensor["name"]] = (tensor, elements)
        assert not behind
        return shown(outputs)


def tensors_of(arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the tensor of each argument."""
    files = files_in(arguments)
    for name, value in arguments.items():
        yield {"name": name, **(file_tensor(files[name]) if name in files else of(value))}


def of(value: Any) -> dict[str, Any]:
    """Return the tensor of a value: numbers and texts as such, anything else as JSON."""
    if type(value) in KINDS:
        return described(KINDS[type(value)], [1], [value])
    if isinstance(value, list):
        kinds = {type(one) for one in value}
        if len(kinds) == 1 and kinds <= {bool, str} and not isinstance(value, Whole):
            return described(KINDS[kinds.pop()], [len(value)], list(value))
        if is_numeric(value):
            array = np.array(value)
            whole = array.dtype.kind == "i"
            return described("INT64" if whole else "FP64", [*array.shape], array.ravel().tolist())
    return described("BYTES", [1], [orjson.dumps(value).decode()], content_type="json")


def is_numeric(value: Any) -> bool:
    """Tell whether nested lists are all of one length, and hold numbers only."""
    if isinstance(value, list):
        return all(map(is_numeric, value)) and len({np.shape(one) for one in value}) < 2
    return type(value) in (int, float)


def file_tensor(files: list[Sent]) -> dict[str, Any]:
    """Return the tensor of files, their contents as they are."""
    said = {"filename": files[0].name, "content_type": files[0].type}
    return described("BYTES", [len(files)], [one.content for one in files], **said)


def described(datatype: str, shape: list[int], data: list[Any], **said: Any) -> dict[str, Any]:
    """Return a tensor without its name."""
    return {"datatype": datatype, "shape": shape, "parameters": said, "data": data}


def in_json(element: Any) -> Any:
    """Return an element as JSON has it: what is in a file is in base64."""
    return base64.b64encode(element).decode() if isinstance(element, bytes) else element


def pack(elements: list[Any], datatype: str) -> bytes:
    """Return elements as they stand behind the JSON."""
    if datatype != "BYTES":
        return np.array(elements, DTYPES[datatype]).tobytes()
    raw = [one.encode() if isinstance(one, str) else one for one in elements]
    return b"".join(struct.pack("<I", len(one)) + one for one in raw)


def unpack(data: bytes, datatype: str) -> list[Any]:
    """Return what ``pack`` has packed, texts as bytes."""
    if datatype != "BYTES":
        return np.frombuffer(data, DTYPES[datatype]).tolist()
    found = []
    while data:
        (length,) = struct.unpack_from("<I", data)
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found


def shown(outputs: Mapping[str, tuple[dict[str, Any], list[Any]]]) -> Answer:
    """Return what outputs say."""
    if list(outputs) == ["predictions"]:
        tensor, elements = outputs["predictions"]
        parameters = tensor.get("parameters", {})
        said = parameters.get("content_type")
        if said is not None:
            (element,) = elements
            if parameters.get("encoding") == "base64":
                element = base64.b64decode(element)
            element = element.encode() if isinstance(element, str) else element
            return Answer(JSON if said == "json" else said.partition(";")[0], element)
        return Answer(JSON, orjson.dumps(elements))
    plain = {}
    for name, (tensor, elements) in outputs.items():
        texts = [one.decode() if isinstance(one, bytes) else one for one in elements]
        plain[name] = texts[0] if tensor["shape"] == [1] else texts
    return Answer(JSON, orjson.dumps(plain))
