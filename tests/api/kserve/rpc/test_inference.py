"""Predictions over gRPC: one at a time."""

import asyncio
import struct

import grpc
import numpy as np
import pytest
from grpc import StatusCode

from deepaas.api.kserve.rpc import inference_pb2 as messages
from tests.api.kserve.rpc.asking import prediction, request_of


async def refusal(call) -> grpc.aio.AioRpcError:
    """Return the error of a call that fails; it comes before long."""
    async with asyncio.timeout(60):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
    return caught.value


def image(values, **more) -> messages.ModelInferRequest:
    """Return a request with packed numbers."""
    array = np.array(values, "<f4")
    request = messages.ModelInferRequest(model_name="arrays", id="7", **more)
    request.inputs.add(name="image", datatype="FP32", shape=array.shape)
    request.raw_input_contents.append(array.tobytes())
    return request


@pytest.fixture
async def arrays(dial):
    """A client of a model of arrays."""
    return (await dial("arrays")).stub


async def test_packed_arrays_are_answered_packed(arrays):
    response = await arrays.ModelInfer(image([[1, 2], [3, 4]]))
    assert (response.model_name, response.id) == ("arrays", "7")
    described = [(one.name, one.datatype, list(one.shape)) for one in response.outputs]
    assert described == [("scaled", "FP32", [2, 2]), ("mean", "FP64", [1]), ("label", "BYTES", [1])]
    scaled, mean, label = response.raw_output_contents
    assert np.frombuffer(scaled, "<f4").tolist() == [1, 2, 3, 4]
    assert struct.unpack("<d", mean) == (2.5,)
    assert label == struct.pack("<I", 5) + b"light"


async def test_contents_are_answered_as_contents(arrays):
    request = messages.ModelInferRequest(model_name="arrays")
    tensor = request.inputs.add(name="image", datatype="FP32", shape=[3])
    tensor.contents.fp32_contents.extend([0.5, 0.25, 0])
    request.parameters["scale"].double_param = 2
    response = await arrays.ModelInfer(request)
    scaled, mean, label = (one.contents for one in response.outputs)
    assert list(scaled.fp32_contents) == [1, 0.5, 0]
    assert list(mean.fp64_contents) == [0.5]
    assert list(label.bytes_contents) == [b"dark"]
    assert not response.raw_output_contents


async def test_only_outputs_that_are_wanted_are_answered(arrays):
    request = image([[1]])
    request.outputs.add(name="label")
    request.outputs.add(name="mean")
    response = await arrays.ModelInfer(request)
    assert [one.name for one in response.outputs] == ["label", "mean"]
    request.outputs.add(name="nothing")
    error = await refusal(arrays.ModelInfer(request))
    assert error.code() is StatusCode.INVALID_ARGUMENT
    assert "there is no output 'nothing'; there is: scaled, mean, label" in error.details()


def tensor(name="image", datatype="FP32", shape=(1,), **contents):
    """Return a request of one tensor."""
    request = messages.ModelInferRequest(model_name="arrays")
    request.inputs.add(
        name=name,
        datatype=datatype,
        shape=shape,
        contents=messages.InferTensorContents(**contents),
    )
    return request


def packed(data, **described):
    """Return a request of one packed tensor."""
    request = tensor(**described)
    request.raw_input_contents.extend(data)
    return request


REFUSED = [
    (packed([b"12345"]), "input 'image': 5 bytes of data for shape [1] of FP32, which takes 4"),
    (packed([]), "input 'image': 0 elements for shape [1], which takes 1"),
    (packed([b"1234"] * 2), "2 raw_input_contents for 1 inputs"),
    (packed([b"1234"], fp32_contents=[1]), "'image': it has both contents and raw"),
    (packed([b"1234"], datatype="FLOAT"), "input 'image': there is no datatype 'FLOAT'"),
    (packed([b"1234"], shape=[-1]), "input 'image': its shape must be a list of numbers"),
    (packed([b"1234"], name="picture"), "no input 'picture'; there is: image, scale, labels"),
    (packed([b"1234"], name=""), "an input needs a 'name'"),
    (packed([b"\x09\0\0\0a"], name="labels", datatype="BYTES"), "'labels': its data end"),
    (tensor(fp64_contents=[1]), "input 'image': FP32 goes into fp32_contents, not fp64_conten"),
    (tensor(datatype="FP16", fp32_contents=[1]), "'image': FP16 has no field of contents"),
    (tensor(datatype="INT8", int_contents=[200]), "input 'image': INT8 cannot hold 200"),
    (tensor("scale", "FP64", fp64_contents=[1]), "image: Missing data for required field."),
    (tensor("scale", "BYTES", bytes_contents=[b"x"]), "scale: "),
]


async def test_what_does_not_fit_is_refused_naming_the_tensor(arrays):
    for request, words in REFUSED:
        error = await refusal(arrays.ModelInfer(request))
        assert (error.code(), words) == (StatusCode.INVALID_ARGUMENT, words)
        assert words in error.details()


async def test_what_is_no_message_is_refused(dial):
    rpc = await dial("arrays")
    call = rpc.channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
    error = await refusal(call(b"no message"))
    assert error.code() is StatusCode.INVALID_ARGUMENT
    assert "this is no ModelInferRequest" in error.details()


async def test_unknown_models_versions_and_functions_have_their_status(dial):
    rpc = await dial("echo", "unfinished")
    error = await refusal(rpc.infer("nobody", {}))
    assert (error.code(), error.details()) == (
        StatusCode.NOT_FOUND,
        "no model 'nobody' here; there is: echo, unfinished",
    )
    error = await refusal(rpc.stub.ModelInfer(request_of("echo", {}, model_version="9")))
    assert error.code() is StatusCode.NOT_FOUND
    assert "model 'echo' is not here in version '9'" in error.details()
    error = await refusal(rpc.infer("unfinished", {}))
    assert error.code() is StatusCode.UNIMPLEMENTED
    assert "'unfinished' does not implement predict: ask again next year" in error.details()


async def test_disabled_predictions_are_unimplemented(dial):
    rpc = await dial("echo", predict_endpoint=False)
    error = await refusal(rpc.infer("echo", {}))
    assert error.code() is StatusCode.UNIMPLEMENTED
    assert error.details() == "the predict endpoint is disabled on this server"


async def test_a_model_that_fails_is_an_internal_error_that_says_which_and_how(dial):
    rpc = await dial("failing")
    for how, code, words in (
        ("raise", StatusCode.INTERNAL, "'failing' failed in predict: ZeroDivisionError"),
        ("exit", StatusCode.INTERNAL, "exit code 3"),
        ("surrogate", StatusCode.INTERNAL, r"no such file: \udcff.png"),
        ("not_implemented", StatusCode.UNIMPLEMENTED, "only for images"),
        ("bad_request", StatusCode.INVALID_ARGUMENT, "too many pixels"),
        ("text", StatusCode.ABORTED, "another one runs"),
        ("unavailable", StatusCode.UNAVAILABLE, "loading"),
        ("teapot", StatusCode.FAILED_PRECONDITION, "eapot"),
    ):
        error = await refusal(rpc.infer("failing", {"how": how}))
        assert (how, error.code()) == (how, code)
        assert words in error.details()
        assert "Traceback" not in error.details()
    assert prediction(await rpc.infer("failing", {"how": "fine"})) > 0


async def test_what_is_said_at_length_is_cut(dial):
    rpc = await dial("echo")
    error = await refusal(rpc.infer("猫" * 10_000, {}))
    assert error.code() is StatusCode.NOT_FOUND
    assert error.details().endswith("猫…")


async def test_calls_over_the_bound_are_unavailable_and_told_when_to_ask_again(dial, pipes):
    rpc = await dial("pondering", max_queued_predictions=0)
    reached, go_on = pipes
    text = f"{reached.path}|{go_on.path}|"
    first = asyncio.ensure_future(rpc.infer("pondering", {"text": text}))
    assert await reached.line() == "reached"
    error = await refusal(rpc.infer("pondering", {"text": text}))
    assert error.code() is StatusCode.UNAVAILABLE
    assert "1 predictions of model 'pondering' run or wait already" in error.details()
    assert 1000 <= int(dict(error.trailing_metadata())["grpc-retry-pushback-ms"]) <= 60_000
    go_on.let()
    assert prediction(await first) == go_on.path


async def test_a_prediction_that_takes_longer_than_the_server_lets_it_is_over_its_deadline(
    dial, pipes
):
    rpc = await dial("dawdling:alone", predict_timeout=0.3)
    reached, _ = pipes
    asking = rpc.infer("dawdling:alone", {"how": "wait", "told": reached.path})
    error = await refusal(asking)
    assert error.code() is StatusCode.DEADLINE_EXCEEDED
    assert error.details() == ("model 'dawdling:alone' did not answer within 0.3 s, and is stopped")
    await reached.line()
    assert await reached.line() == "interrupted"


@pytest.mark.parametrize("how", ["cancel", "deadline"])
async def test_a_call_that_nobody_waits_for_any_more_is_interrupted(dial, pipes, how):
    rpc = await dial("asynchronous")
    told, _ = pipes
    call = rpc.infer(
        "asynchronous",
        {"how": "hang", "told": told.path},
        timeout=5 if how == "deadline" else None,
    )
    waiting = asyncio.ensure_future(call.code())
    assert await told.line() == "begun"
    if how == "cancel":
        call.cancel()
    assert (await waiting).name == {"cancel": "CANCELLED", "deadline": "DEADLINE_EXCEEDED"}[how]
    assert await told.line() == "cancelled"


async def test_messages_may_be_as_large_as_bodies(dial):
    rpc = await dial("arrays", client_max_size=100_000)
    assert await rpc.stub.ModelInfer(image([0.0] * 24_000))
    error = await refusal(rpc.stub.ModelInfer(image([0.0] * 26_000)))
    assert error.code() is StatusCode.RESOURCE_EXHAUSTED


async def test_large_answers_come_by_a_file_that_is_removed(dial, tmp_path):
    rpc = await dial("arrays")
    values = np.arange(2_000_000, dtype="<f4")
    response = await rpc.stub.ModelInfer(image(values))
    assert response.raw_output_contents[0] == values.tobytes()
    assert [file.name for file in tmp_path.glob("deepaas-*/*")] == ["lock"]


async def test_files_come_as_bytes(dial):
    rpc = await dial("echo")
    request = request_of("echo", {"how": "bytes", "data": b"\x00\xff", "accept": "image/png"})
    request.inputs[1].parameters["filename"].string_param = "a.bin"
    response = await rpc.stub.ModelInfer(request)
    (tensor,) = response.outputs
    assert tensor.contents.bytes_contents[0] == b"\x00\xff"
    assert tensor.parameters["content_type"].string_param == "image/png"


async def test_messages_can_be_compressed(dial):
    rpc = await dial("arrays")
    for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        response = await rpc.stub.ModelInfer(image([1.0] * 1000), compression=compression)
        assert np.frombuffer(response.raw_output_contents[0], "<f4").tolist() == [1.0] * 1000
