"""Messages are read whatever is in them, and written so that they say the same."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepaas.api.kserve.rpc.codec import CONTENTS, RpcCall, parameters_of
from deepaas.api.kserve.rpc.inference_pb2 import (
    InferTensorContents,
    ModelInferRequest,
    ModelInferResponse,
)
from deepaas.exceptions import MalformedRequest
from deepaas.schema.description import Arguments
from deepaas.tensors.datatypes import DATATYPES
from deepaas.tensors.request import InferRequest, InferResponse
from deepaas.tensors.tensor import Tensor

NO_ARGUMENTS = Arguments()
VALUES = {
    "bool_contents": st.booleans(),
    "int_contents": st.integers(-(1 << 31), (1 << 31) - 1),
    "int64_contents": st.integers(-(1 << 63), (1 << 63) - 1),
    "uint_contents": st.integers(0, (1 << 32) - 1),
    "uint64_contents": st.integers(0, (1 << 64) - 1),
    "fp32_contents": st.floats(width=32),
    "fp64_contents": st.floats(),
    "bytes_contents": st.binary(max_size=9),
}
ANYTHING = st.fixed_dictionaries(
    {
        "name": st.text(max_size=3),
        "datatype": st.sampled_from([*DATATYPES, "", "BF16"]),
        "shape": st.lists(st.integers(-1, 3), max_size=3),
        "contents": st.dictionaries(st.sampled_from(list(VALUES)), st.integers(0, 3)).flatmap(
            lambda counts: st.fixed_dictionaries(
                {name: st.lists(VALUES[name], max_size=count) for name, count in counts.items()}
            )
        ),
    }
)


@given(st.lists(ANYTHING, max_size=3), st.lists(st.binary(max_size=16), max_size=3))
def test_whatever_comes_is_read_or_refused(inputs, packed):
    message = ModelInferRequest(raw_input_contents=packed)
    for one in inputs:
        contents = InferTensorContents(**one["contents"])
        message.inputs.add(**{**one, "contents": contents})
    try:
        request = RpcCall(message.SerializeToString()).request(NO_ARGUMENTS)
    except MalformedRequest as error:
        assert str(error)  # noqa: PT017 - it may be fine
        return
    for tensor in request.inputs:
        assert len(tensor.values()) == math.prod(tensor.shape)


@pytest.mark.parametrize("packed", [True, False])
@given(st.data())
def test_what_is_written_says_the_same(packed, data):
    datatype = DATATYPES[data.draw(st.sampled_from(list(CONTENTS)))]
    values = VALUES[CONTENTS[datatype.name]]
    if datatype.is_integer:
        values = st.integers(int(datatype.lowest), int(datatype.highest))
    elements = data.draw(st.lists(values, max_size=4))
    said = data.draw(
        st.dictionaries(
            st.text(max_size=3),
            st.booleans()
            | st.integers(-(1 << 63), (1 << 64) - 1)
            | st.text(max_size=3)
            | st.floats(allow_nan=False),
        )
    )
    tensor = Tensor("x", datatype, (len(elements),), elements, said)
    asked = InferRequest([Tensor("a", DATATYPES["BOOL"], (1,), b"\0" if packed else [False])])
    encoded = RpcCall(b"").encode(asked, InferResponse("m", "1", "7", [tensor])).body
    message = ModelInferResponse.FromString(encoded)
    assert (message.model_name, message.model_version, message.id) == ("m", "1", "7")
    (output,) = message.outputs
    assert bool(message.raw_output_contents) is packed
    assert parameters_of(output.parameters) == said
    # An answer is read as a request is.
    back = ModelInferRequest(raw_input_contents=message.raw_output_contents)
    back.inputs.add(
        name="x", datatype=output.datatype, shape=output.shape, contents=output.contents
    )
    (read,) = RpcCall(back.SerializeToString()).request(NO_ARGUMENTS).inputs
    assert repr(read.values()) == repr(elements)


def test_what_cannot_be_in_contents_is_packed():
    half = Tensor("x", DATATYPES["FP16"], (1,), [0.5])
    asked = InferRequest([Tensor("a", DATATYPES["BOOL"], (1,), [False])])
    encoded = RpcCall(b"").encode(asked, InferResponse("m", "", "", [half])).body
    assert list(ModelInferResponse.FromString(encoded).raw_output_contents) == [b"\x00\x38"]
