"""Whatever comes is read or refused; nothing else is raised, and nothing takes for ever."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepaas.exceptions import InvalidArguments, MalformedRequest
from deepaas.schema.hints.signatures import describe_signature
from deepaas.schema.parsing import load
from deepaas.tensors.files import Folder
from deepaas.tensors.inputs import collect
from deepaas.tensors.rest import RestCall
from deepaas.types import Dtype, File, Shape


def predict(
    array: Annotated[np.ndarray, Dtype("float32"), Shape(None, 2)] | None = None,
    free: np.ndarray | None = None,
    numbers: list[float] | None = None,
    whole: int | None = None,
    texts: list[str] | None = None,
    points: dict[str, int] | None = None,
    anything: Any = None,
    several: list[np.ndarray] | None = None,
    file: File | None = None,
) -> None:
    """Take arguments of all kinds."""


ARGUMENTS = describe_signature(predict, "the function").arguments
NAMES = [one.key for one in ARGUMENTS]
DATATYPES = ["BOOL", "INT8", "UINT8", "INT64", "UINT64", "FP16", "FP32", "FP64", "BYTES"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
)
DATA = st.recursive(st.lists(SCALARS, max_size=4), lambda inner: st.lists(inner, max_size=3))
ANY = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
LENGTHS = st.integers(0, 4) | st.sampled_from([-1, 2**31, 2**62, 2**63])
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "binary_data_size": st.integers(-1, 40) | SCALARS,
        "content_type": st.sampled_from(["json", "base64", "image/png"]) | SCALARS,
        "filename": SCALARS,
    },
)
INPUTS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(NAMES) | SCALARS,
        "datatype": st.sampled_from(DATATYPES) | SCALARS,
        "shape": st.lists(LENGTHS, max_size=4) | SCALARS,
        "data": DATA | SCALARS,
        "parameters": PARAMETERS | SCALARS,
    },
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "inputs": st.lists(INPUTS | SCALARS, max_size=3) | SCALARS,
        "outputs": st.lists(INPUTS, max_size=2) | SCALARS,
        "parameters": st.dictionaries(st.sampled_from([*NAMES, "other"]), ANY) | SCALARS,
        "id": SCALARS,
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("files"))


def read(body: bytes, length: int | None, folder: str) -> None:
    """Read a request as a worker does."""
    refused: MalformedRequest | InvalidArguments | None = None
    try:
        request = RestCall(body, length).request(ARGUMENTS)
        raw, errors = collect(ARGUMENTS, request, Folder(f"{folder}/{id(request)}"))
        ARGUMENTS.adapt(load(ARGUMENTS, raw, errors=errors))
    except (MalformedRequest, InvalidArguments) as error:
        refused = error
    assert refused is None or str(refused)
    assert set(getattr(refused, "messages", ())) <= set(NAMES)


@given(document=REQUESTS, behind=st.binary(max_size=40))
def test_any_document_with_any_bytes_behind_it(folder, document, behind):
    head = _json(document)
    read(head + behind, len(head), folder)


@given(body=st.binary(max_size=60), length=st.none() | st.integers(0, 70))
def test_any_bytes(folder, body, length):
    read(body, length, folder)


@given(
    name=st.sampled_from(NAMES),
    datatype=st.sampled_from(DATATYPES),
    shape=st.lists(st.integers(0, 3), max_size=3),
    content_type=st.sampled_from(["json", "base64", ""]),
    body=st.binary(max_size=80),
    data=st.data(),
)
def test_any_bytes_for_any_argument(folder, name, datatype, shape, content_type, body, data):
    size = data.draw(st.sampled_from([len(body), max(0, len(body) - 1), len(body) + 1]))
    parameters = {"binary_data_size": size, "content_type": content_type}
    tensor = {"name": name, "datatype": datatype, "shape": shape, "parameters": parameters}
    head = _json({"inputs": [tensor]})
    read(head + body, len(head), folder)


@given(
    values=st.lists(st.floats(width=32), min_size=1, max_size=9),
    datatype=st.sampled_from(["FP32", "FP64"]),
)
def test_numbers_arrive_as_they_were_packed(folder, values, datatype):
    packed = np.array(values, {"FP32": "<f4", "FP64": "<f8"}[datatype]).tobytes()
    parameters = {"binary_data_size": len(packed)}
    for name in ("free", "several"):
        shape = [len(values)]
        tensor = {"name": name, "datatype": datatype, "shape": shape, "parameters": parameters}
        head = _json({"inputs": [tensor]})
        request = RestCall(head + packed, len(head)).request(ARGUMENTS)
        raw, errors = collect(ARGUMENTS, request, Folder(folder))
        assert not errors
        assert np.array_equal(np.asarray(raw[name]), np.array(values), equal_nan=True)


def _json(document: Any) -> bytes:
    try:
        return orjson.dumps(document)
    except orjson.JSONEncodeError:
        # Numbers of any size are fine where others write the JSON.
        import json

        return json.dumps(document).encode()
