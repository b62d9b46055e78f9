"""The Open Inference Protocol over HTTP: JSON, and tensors packed behind it."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from deepaas.exceptions import MalformedRequest
from deepaas.schema.description import Arguments
from deepaas.tensors.datatypes import BYTES, DATATYPES
from deepaas.tensors.fields import ANY, slot_of
from deepaas.tensors.request import Encoded, InferRequest, InferResponse, Wanted
from deepaas.tensors.tensor import (
    LENGTH,
    Tensor,
    check_number,
    check_packed,
    check_shape,
    check_values,
    flat,
)

HEADER = "Inference-Header-Content-Length"
JSON_HEADERS = {"Content-Type": "application/json"}
SHORTEST_COMPRESSED = 1024
# How ``zlib`` is told of the formats that clients may take.
FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
# Speed counts for more than the last byte.
LEVEL = 1
OPTIONS = orjson.OPT_SERIALIZE_NUMPY
# A request where a letter is more often holds more text than numbers.
MOST_LETTERS = 64
BINARY, BINARY_SIZE, BINARY_ALL = "binary_data", "binary_data_size", "binary_data_output"


@dataclass(slots=True)
class RestCall:
    """A request over HTTP; see ``deepaas.tensors.request.Call``.

    Args:
        body: all of it, uncompressed.
        json_length: how much of it is JSON, as the header says; None where it says nothing, and
            all is; 0 where all is one packed tensor.
        encoding: the ``Content-Encoding`` that the client likes; empty for none.
    """

    body: bytes
    json_length: int | None = None
    encoding: str = ""

    def request(self, arguments: Arguments) -> InferRequest:
        """Return what was asked; see ``Call``."""
        if self.json_length == 0:
            return InferRequest([_raw(self.body, arguments)], parameters={BINARY_ALL: True})
        size = len(self.body)
        length = size if self.json_length is None else self.json_length
        if length > size:
            raise MalformedRequest(f"{HEADER} is {length}, but the body has {size} bytes")
        whole = memoryview(self.body)
        try:
            document = orjson.loads(whole[:length])
        except ValueError as error:
            raise MalformedRequest(f"malformed JSON: {error}") from None
        return _request(document, whole[length:], _has_switches(self.body[:length]))

    def encode(self, request: InferRequest, response: InferResponse) -> Encoded:
        """Return an answer as it goes over the wire; see ``Call``."""
        every = bool(request.parameters.get(BINARY_ALL))
        wanted = {one.name: one.parameters for one in request.outputs or ()}
        outputs, packed = [], []
        for tensor in response.outputs:
            if wanted.get(tensor.name, {}).get(BINARY, every):
                packed.append(tensor.packed())
                outputs.append(_described(tensor, {BINARY_SIZE: len(packed[-1])}))
            else:
                outputs.append(_in_json(tensor))
        head = orjson.dumps(
            {
                "model_name": response.model_name,
                **({"model_version": response.model_version} if response.model_version else {}),
                "id": response.id,
                "outputs": outputs,
            },
            option=OPTIONS,
        )
        if not packed:
            return self._compressed(head, JSON_HEADERS)
        headers = {"Content-Type": "application/octet-stream", HEADER: str(len(head))}
        return self._compressed(b"".join([head, *packed]), headers)

    def _compressed(self, body: bytes, headers: Mapping[str, str]) -> Encoded:
        if not self.encoding or len(body) < SHORTEST_COMPRESSED:
            return Encoded(body, headers)
        packer = zlib.compressobj(LEVEL, wbits=FORMATS[self.encoding])
        said = {**headers, "Content-Encoding": self.encoding, "Vary": "Accept-Encoding"}
        return Encoded(packer.compress(body) + packer.flush(), said)


def _has_switches(text: bytes) -> bool:
    """Tell whether there is true or false in a JSON text, or might be."""
    return _might_hold(text, b"true", 2) or _might_hold(text, b"false", 0)


def _might_hold(text: bytes, word: bytes, rarest: int) -> bool:
    """Tell whether a word is in a text, by a letter of it: that takes a fiftieth of the time.

    Args:
        text: one that is long where numbers are, which have no such letters.
        word: the word.
        rarest: which of its letters is rare in requests.
    """
    letter, place = word[rarest : rarest + 1], -1
    for _ in range(MOST_LETTERS):
        if (place := text.find(letter, place + 1)) < 0:
            return False
        if text.startswith(word, max(0, place - rarest)):
            return True
    return True


def _request(document: Any, packed: memoryview, switches: bool) -> InferRequest:
    document = _object(document, "the request")
    given = document.get("inputs")
    if not isinstance(given, list):
        raise MalformedRequest("the request needs a list of 'inputs'")
    check_number(given)
    inputs, at = [], 0
    for one in given:
        tensor, size = _input(_object(one, "an input"), packed[at:], switches)
        inputs.append(tensor)
        at += size
    if at < len(packed):
        raise MalformedRequest(
            f"{len(packed) - at} bytes are left over after the JSON and the data of all inputs"
        )
    identifier = document.get("id", "")
    if not isinstance(identifier, str):
        raise MalformedRequest("the 'id' of a request must be a text")
    return InferRequest(
        inputs, _wanted(document.get("outputs")), identifier, _parameters(document, "the request")
    )


def _wanted(given: Any) -> list[Wanted] | None:
    if given is None:
        return None
    if not isinstance(given, list):
        raise MalformedRequest("'outputs' must be a list")
    wanted = []
    for one in given:
        name = _name(_object(one, "an output"), "output")
        wanted.append(Wanted(name, _parameters(one, f"output {name!r}")))
    return wanted


def _input(given: dict[str, Any], packed: memoryview, switches: bool) -> tuple[Tensor, int]:
    """Return a tensor, and how many of the packed bytes are its data."""
    name = _name(given, "input")
    said = given.get("datatype")
    datatype = DATATYPES.get(said) if isinstance(said, str) else None
    if datatype is None:
        known = ", ".join(DATATYPES)
        raise MalformedRequest(f"input {name!r}: there is no datatype {said!r}; there are: {known}")
    shape = check_shape(name, given.get("shape"))
    parameters = _parameters(given, f"input {name!r}")
    if (size := parameters.get(BINARY_SIZE)) is None:
        data = given.get("data")
        if not isinstance(data, list):
            raise MalformedRequest(f"input {name!r}: its 'data' must be a list")
        data = flat(name, data, shape)
        return check_values(Tensor(name, datatype, shape, data, parameters), switches), 0
    if type(size) is not int or size < 0:
        raise MalformedRequest(f"input {name!r}: {BINARY_SIZE} must be a number of bytes")
    # KServe's client says null beside what is packed, but has no bytes.
    if given.get("data") is not None:
        raise MalformedRequest(f"input {name!r}: it has both 'data' and {BINARY_SIZE}")
    if size > len(packed):
        raise MalformedRequest(
            f"input {name!r}: {BINARY_SIZE} is {size}, but {len(packed)} bytes are left in the "
            f"body; is {HEADER} right?"
        )
    return check_packed(Tensor(name, datatype, shape, packed[:size], parameters)), size


def _raw(body: bytes, arguments: Arguments) -> Tensor:
    """Return the tensor that a body is which is nothing but its data."""
    taken = [one for one in arguments if one is not arguments.accept]
    required = [one for one in taken if one.required]
    if not taken or len(required) > 1:
        raise MalformedRequest(
            f"{HEADER} is 0, which is for models of one input; this one has {len(taken)}"
        )
    argument = (required or taken)[0]
    slot = slot_of(argument)
    if slot.datatype is BYTES:
        # Those who do not know of lengths send the element itself.
        if len(body) < LENGTH.size or LENGTH.unpack_from(body)[0] != len(body) - LENGTH.size:
            return Tensor(argument.key, BYTES, (1,), [body])
        return Tensor(argument.key, BYTES, (1,), body)
    shape, size = list(slot.shape), slot.datatype.size
    known = size * math.prod(one for one in shape if one != ANY)
    for place in [place for place, length in enumerate(shape) if length == ANY][::-1]:
        # The last one takes all; a single element is as good as any for the others.
        shape[place], known = (len(body) // known if known else 0), len(body)
    return check_packed(Tensor(argument.key, slot.datatype, tuple(shape), body))


def _in_json(tensor: Tensor) -> dict[str, Any]:
    if tensor.datatype is not BYTES:
        data = tensor.values() if tensor.is_packed else tensor.data
        return _described(tensor, {}, data)
    values = tensor.values()
    if bytes not in set(map(type, values)):
        return _described(tensor, {}, values)
    return _described(
        tensor, {"encoding": "base64"}, [base64.b64encode(one).decode() for one in values]
    )


def _described(tensor: Tensor, more: Mapping[str, Any], data: Any = None) -> dict[str, Any]:
    parameters = {**tensor.parameters, **more}
    described: dict[str, Any] = {
        "name": tensor.name,
        "shape": tensor.shape,
        "datatype": tensor.datatype.name,
    }
    if parameters:
        described["parameters"] = parameters
    if data is not None:
        described["data"] = data
    return described


def _object(given: Any, what: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise MalformedRequest(f"{what} must be an object")
    return given


def _name(given: dict[str, Any], what: str) -> str:
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise MalformedRequest(f"an {what} needs a 'name'")
    return name


def _parameters(given: dict[str, Any], what: str) -> dict[str, Any]:
    parameters = given.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise MalformedRequest(f"{what}: its 'parameters' must be an object")
    return parameters
