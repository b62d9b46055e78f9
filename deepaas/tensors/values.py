"""Arguments and answers as values of JSON, files among them, for protocols that have no tensors."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from deepaas.exceptions import MalformedRequest
from deepaas.files import UploadedFile
from deepaas.schema.description import Argument, Arguments
from deepaas.schema.parsing import from_json, read_json
from deepaas.tensors.files import UNKNOWN, Folder, decoded
from deepaas.tensors.tensor import Tensor

# The member that marks bytes, as clients of TensorFlow Serving know it.
BASE64 = "b64"
NOT_A_FILE = 'Not a file: send it in base64, as a text or as {"b64": text}.'


def read_document(body: bytes) -> Any:
    """Return a JSON document.

    Raises:
        MalformedRequest: it cannot be read.
    """
    try:
        return read_json(body)
    except ValueError as error:
        raise MalformedRequest(f"malformed JSON: {error}") from None


def only_argument(arguments: Arguments) -> Argument | None:
    """Return the argument that a value without a name is for; None where that cannot be told.

    Args:
        arguments: of the model.
    """
    taken = [one for one in arguments if one is not arguments.accept]
    required = [one for one in taken if one.required]
    for several in (taken, required):
        if len(several) == 1:
            return several[0]
    return None


def value_of_json(argument: Argument, value: Any, folder: Folder) -> Any:
    """Return the raw value of an argument.

    Args:
        argument: of the description.
        value: what came for it.
        folder: where files are written.

    Raises:
        ValueError: it is to be a file, and is none; says why.
        OSError: a file cannot be written.
    """
    if not argument.is_file:
        return from_json(argument, value)
    if not argument.is_list:
        return _file(argument.key, value, folder)
    several = value if isinstance(value, list) else [value]
    return [_file(argument.key, one, folder) for one in several]


def shown(output: Tensor) -> bytes:
    """Return the only output of an answer as JSON, with bytes in base64.

    Args:
        output: made by ``deepaas.tensors.outputs.document`` or ``file``.
    """
    (element,) = output.data
    if output.parameters["content_type"] == "json":
        return str(element).encode()
    text = base64.b64encode(element).decode()
    return orjson.dumps({BASE64: text, **output.parameters})


def _file(name: str, value: Any, folder: Folder) -> UploadedFile | None:
    if value is None:
        return None
    said: Mapping[str, Any] = value if isinstance(value, dict) else {BASE64: value}
    text = said.get(BASE64)
    if not isinstance(text, str):
        raise ValueError(NOT_A_FILE)
    kind, filename = said.get("content_type", UNKNOWN), said.get("filename", "")
    return folder.write(name, decoded(text), str(filename), str(kind))
