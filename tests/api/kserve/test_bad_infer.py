"""Requests for inferences that cannot be answered are told what is wrong with which tensor."""

from __future__ import annotations

import struct

import orjson
import pytest

from tests.api.asking import ask
from tests.api.kserve.asking import infer, infer_packed, outputs, packed, post, refusal, tensor

FLOATS = struct.pack("<2f", 1, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"datatype": "BF16"}, "there is no datatype 'BF16'; there are: BOOL, INT8"),
        ({"datatype": None}, "there is no datatype None"),
        ({"datatype": ["FP32"]}, "there is no datatype ['FP32']"),
        ({"shape": [3]}, "2 elements for shape [3], which takes 3"),
        ({"shape": [-1]}, "its shape must be a list of numbers from 0 on"),
        ({"shape": "2"}, "its shape must be a list"),
        ({"shape": [0, 2**62]}, "its shape is beyond all measure"),
        ({"shape": [2, 1], "data": [[1, 2]]}, "its data are nested as [1, 2]"),
        ({"shape": [2, 2], "data": [[1, 2], [3]]}, "its data are lists of different lengths"),
        ({"data": 1}, "its 'data' must be a list"),
        ({"data": [1, "2"]}, "FP32 cannot hold text"),
        ({"data": [1, None]}, "FP32 cannot hold null"),
        ({"data": [1, True]}, "FP32 cannot hold true and false"),
        ({"data": [1, False]}, "FP32 cannot hold true and false"),
        ({"datatype": "INT64", "data": [1, True]}, "INT64 cannot hold true and false"),
        ({"datatype": "FP16", "data": [1, [2]]}, "FP16 cannot hold lists of different depth"),
        ({"data": [1, 1e39]}, "FP32 cannot hold 1e+39"),
        ({"datatype": "INT8", "data": [1, 128]}, "INT8 cannot hold 128"),
        ({"datatype": "UINT64", "data": [1, -1]}, "UINT64 cannot hold -1"),
        ({"datatype": "INT64", "data": [1, 2**63]}, f"INT64 cannot hold {2**63}"),
        ({"datatype": "INT64", "data": [1, 1.5]}, "INT64 cannot hold numbers with fractions"),
        ({"datatype": "BOOL", "data": [0, 1]}, "BOOL cannot hold numbers"),
        ({"datatype": "BYTES", "data": [1, 2]}, "BYTES cannot hold numbers"),
        ({"parameters": 1}, "its 'parameters' must be an object"),
        ({"parameters": {"binary_data_size": 8}}, "it has both 'data' and binary_data_size"),
    ],
)
async def test_an_input_that_makes_no_sense_is_named(client, given, words):
    sent = {**tensor("values", "FP32", [2], [1, 2]), **given}
    said = refusal(await infer(client, "total", sent))
    assert said.startswith(f"input 'values': {words}")


async def test_true_is_no_number_wherever_it_stands(client):
    one = b'{"data":[%s],"name":"values","datatype":"FP32","shape":[1]}'
    two = b'{"name":"useful","datatype":"FP32","shape":[1],"data":[1]}'
    for body in (
        b'{"inputs":[' + one % b"true" + b"]}",
        b'{"inputs":[' + one % b"false" + b"," + two + b"]}",
        b'{"inputs":[' + two + b"," + one % b"true" + b'],"parameters":{"scale":1}}',
        b'{"id":"' + b"uf" * 100 + b'","inputs":[' + one % b"true" + b"]}",
    ):
        said = refusal(await ask(client, "POST", "/v2/models/total/infer", data=body))
        assert said == "input 'values': FP32 cannot hold true and false"


async def test_a_request_without_a_body_is_refused_each_time_and_holds_nobody_up(client):
    for _ in range(3):
        answer = await ask(client, "POST", "/v2/models/total/infer")
        assert refusal(answer).startswith("malformed JSON")
    assert (await ask(client, "GET", "/v2/health/live")).status == 200


async def test_true_elsewhere_in_a_request_makes_no_difference(client):
    values = tensor("values", "FP32", [2], [1, 2])
    outputs = [{"name": "total", "parameters": {"binary_data": False}}]
    answer = await infer(client, "total", values, outputs=outputs, id="true" * 100)
    assert (answer.status, answer.json["outputs"][0]["data"]) == (200, [3.0])


@pytest.mark.parametrize(
    ("described", "behind", "words"),
    [
        (packed("values", "FP32", [2], 8), FLOATS[:7], "binary_data_size is 8, but 7 bytes"),
        (packed("values", "FP32", [2], 7), FLOATS[:7], "7 bytes of data for shape [2] of FP32"),
        (packed("values", "FP32", [3], 8), FLOATS, "8 bytes of data for shape [3] of FP32"),
        (packed("values", "FP32", [2], -1), FLOATS, "binary_data_size must be a number of bytes"),
        (packed("values", "FP32", [2], "8"), FLOATS, "binary_data_size must be a number"),
        (packed("values", "BYTES", [1], 3), b"\1\0\0", "its data end within element 0"),
        (packed("values", "BYTES", [1], 8), b"\5\0\0\0abcd", "its data end within element 0"),
        (packed("values", "BYTES", [2], 5), b"\1\0\0\0a", "1 elements for shape [2]"),
        (packed("values", "BYTES", [0], 5), b"\1\0\0\0a", "5 bytes of data are left over"),
    ],
)
async def test_packed_data_that_do_not_fit_are_named(client, described, behind, words):
    said = refusal(await infer_packed(client, "total", behind, described))
    assert said.startswith(f"input 'values': {words}")


async def test_bytes_that_are_nobodys_are_refused(client):
    answer = await infer_packed(client, "total", FLOATS + b"x", packed("values", "FP32", [2], 8))
    assert refusal(answer).startswith("1 bytes are left over")


@pytest.mark.parametrize("length", ["-1", "x", "1_0", "", "9" * 30, "1.0"])
async def test_a_header_that_is_no_number_is_refused(client, length):
    answer = await post(client, "total", b"{}", length)
    assert refusal(answer).startswith("Inference-Header-Content-Length must be a number of bytes")


async def test_a_header_that_lies_is_refused(client):
    answer = await post(client, "total", b"{}", 3)
    said = "Inference-Header-Content-Length is 3, but the body has 2 bytes"
    assert refusal(answer) == said
    assert refusal(await post(client, "total", b'{"inputs":[]}', 5)).startswith("malformed JSON")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "malformed JSON"),
        (b"[", "malformed JSON"),
        (b"[" * 100_000, "malformed JSON"),
        (b"\xff", "malformed JSON"),
        (b"[]", "the request must be an object"),
        (b"{}", "the request needs a list of 'inputs'"),
        (b'{"inputs":[1]}', "an input must be an object"),
        (b'{"inputs":[{}]}', "an input needs a 'name'"),
        (b'{"inputs":[],"id":1}', "the 'id' of a request must be a text"),
        (b'{"inputs":[],"outputs":1}', "'outputs' must be a list"),
        (b'{"inputs":[],"outputs":[{}]}', "an output needs a 'name'"),
        (b'{"inputs":[]}', "values: Missing data for required field."),
    ],
)
async def test_a_document_that_makes_no_sense_is_refused(client, body, words):
    answer = await ask(client, "POST", "/v2/models/total/infer", data=body)
    assert refusal(answer).startswith(words)


async def test_inputs_that_are_unknown_or_there_twice_are_refused(client):
    values = tensor("values", "FP32", [1], [1])
    said = refusal(await infer(client, "total", values, values))
    assert said == "input 'values' is there twice"
    said = refusal(await infer(client, "total", values, {**values, "name": "others"}))
    assert said == "there is no input 'others'; there is: values, scale, name"


async def test_validation_is_that_of_every_door(client):
    values, to = tensor("values", "BYTES", [2], ["1", "x"]), tensor("to", "BYTES", [1], ["x"])
    assert refusal(await infer(client, "total", values)) == "values: 1: Not a valid number."
    assert refusal(await infer(client, "count", to)) == "to: Not a valid integer."
    values = tensor("values", "BYTES", [1], ["["], content_type="json")
    assert refusal(await infer(client, "total", values)).startswith("values: Not valid JSON")


async def test_every_error_below_a_model_is_told_as_the_protocol_has_it(client):
    for method, path, status in (
        ("GET", "/v2/models/total/infer", 405),
        ("POST", "/v2/models/total/ready", 405),
        ("POST", "/v2", 405),
        ("GET", "/v2/models/total/nothing", 404),
        ("GET", "/v2/models/total/versions/1/nothing/more", 404),
        ("GET", "/v2/models/nobody/ready", 404),
        ("POST", "/v2/models/nobody/infer", 404),
        ("GET", "/v2/models/total/versions/9", 404),
    ):
        refusal(await ask(client, method, path), status)
    answer = await ask(client, "GET", "/v2/models/nobody")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json")
    assert "nobody" in answer.message


async def test_limits_and_switches_of_the_server_hold(serve):
    client = await serve("echo", client_max_size=100, predict_endpoint=False, base_path="/p")
    path = "/p/v2/models/echo/infer"
    assert "disabled" in refusal(await ask(client, "POST", path, data=b"{}"), 402)
    client = await serve("echo", client_max_size=100)
    path = "/v2/models/echo/infer"
    assert "100 bytes" in refusal(await ask(client, "POST", path, data=bytes(101)), 413)
    headers = {"Content-Encoding": "br"}
    refusal(await ask(client, "POST", path, data=b"{}", headers=headers), 415)
    headers = {"Content-Encoding": "gzip"}
    refusal(await ask(client, "POST", path, data=orjson.dumps({}), headers=headers), 400)


async def test_a_request_without_a_body_is_refused_each_time(client):
    for _ in range(3):
        answer = await ask(client, "POST", "/v2/models/total/infer")
        assert refusal(answer).startswith("malformed JSON: ")


async def test_whole_numbers_may_come_as_floats(client):
    # As open-inference-openapi sends all numbers.
    assert outputs(await infer(client, "count", tensor("to", "INT64", [1], [2.0])))


async def test_true_and_false_may_come_as_floats(client):
    # As that client sends them, too.
    answer = await infer(client, "kinds", tensor("array", "BOOL", [2], [1.0, 0.0]))
    assert outputs(answer) == {"array": [True, False], "dtype": ["bool"], "shape": [2]}
    said = refusal(await infer(client, "kinds", tensor("array", "BOOL", [2], [1.0, 2.0])))
    assert said == "input 'array': BOOL cannot hold numbers with fractions"


async def test_what_is_packed_and_empty_may_have_null_for_its_data(client):
    # As KServe's client sends it.
    sent = {**packed("values", "FP64", [0], 0), "data": None}
    assert outputs(await infer(client, "total", sent))["total"] == [0]
