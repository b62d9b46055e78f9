"""Predictions with tensors, in JSON and packed."""

from __future__ import annotations

import base64
import gzip
import struct
import zlib

import numpy as np
import orjson
import pytest

from tests.api.asking import ask, get
from tests.api.kserve.asking import (
    HEADER,
    infer,
    infer_packed,
    outputs,
    packed,
    parts,
    post,
    refusal,
    tensor,
)

VALUES = tensor("values", "FP64", [2], [1, 2.5])


async def test_an_answer_has_a_tensor_for_each_key(client):
    answer = await infer(client, "total", VALUES, id="7")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == {
        "model_name": "total",
        "id": "7",
        "outputs": [
            {"name": "total", "datatype": "FP64", "shape": [1], "data": [3.5]},
            {"name": "count", "datatype": "INT64", "shape": [1], "data": [2]},
            {"name": "values", "datatype": "FP64", "shape": [2], "data": [1.0, 2.5]},
        ],
    }


async def test_a_request_without_an_id_gets_one(client):
    first, second = [(await infer(client, "total", VALUES)).json["id"] for _ in range(2)]
    assert first != second
    assert first


async def test_only_wanted_outputs_are_answered(client):
    answer = await infer(client, "total", VALUES, outputs=[{"name": "count"}, {"name": "total"}])
    assert list(outputs(answer).items()) == [("count", [2]), ("total", [3.5])]
    answer = await infer(client, "total", VALUES, outputs=[{"name": "mean"}])
    assert refusal(answer) == "there is no output 'mean'; there is: total, count, values"


async def test_scalars_come_as_tensors_or_parameters_in_any_datatype_that_holds_them(client):
    for datatype in ("INT8", "UINT16", "INT64", "FP16", "FP32", "FP64"):
        for shape in ([], [1], [1, 1]):
            scale = tensor("scale", datatype, shape, [2])
            assert outputs(await infer(client, "total", VALUES, scale))["total"] == [7.0]
    answer = await infer(client, "total", VALUES, parameters={"scale": 2, "other": "x"})
    assert outputs(answer)["total"] == [7.0]
    scale = tensor("scale", "FP64", [2], [1, 2])
    said = refusal(await infer(client, "total", VALUES, scale))
    assert said == "scale: Must be one value, of shape [1], not [2]."
    said = refusal(await infer(client, "count", tensor("to", "FP64", [1], [1.5])))
    assert said == "to: Not a valid integer."
    wide = tensor("scale", "INT64", [1], [2**53 + 1])
    assert "more digits" in refusal(await infer(client, "total", VALUES, wide))


async def test_half_floats_are_rounded_to_the_largest_and_no_further(client):
    values = tensor("values", "FP16", [2], [65504, 65519])
    assert outputs(await infer(client, "total", values))["values"] == [65504.0, 65504.0]
    array = tensor("array", "FP16", [2], [65505, -65519.9])
    assert outputs(await infer(client, "kinds", array))["array"] == [65504.0, -65504.0]
    for value in (65520, -65520):
        said = refusal(await infer(client, "kinds", tensor("array", "FP16", [1], [value])))
        assert said == f"input 'array': FP16 cannot hold {value}"


@pytest.mark.parametrize(
    "datatype",
    [
        *("BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"),
        *("FP16", "FP32", "FP64"),
    ],
)
async def test_arrays_keep_their_datatype_in_json_and_packed(client, datatype):
    dtype = {"BOOL": "bool"}.get(datatype, datatype.lower().replace("fp", "float"))
    sent = np.array([[0, 1], [1, 1]], dtype)
    in_json = await infer(client, "kinds", tensor("array", datatype, [2, 2], sent.tolist()))
    described = packed("array", datatype, [2, 2], sent.nbytes)
    wanted = [{"name": "array", "parameters": {"binary_data": True}}, {"name": "dtype"}]
    answer = await infer_packed(client, "kinds", sent.tobytes(), described, outputs=wanted)
    assert outputs(in_json) == {
        "array": sent.ravel().tolist(),
        "dtype": [dtype],
        "shape": [2, 2],
    }
    head, behind = parts(answer)
    assert behind == sent.tobytes()
    array, kind = head["outputs"]
    size = {"binary_data_size": sent.nbytes}
    assert array == {"name": "array", "datatype": datatype, "shape": [2, 2], "parameters": size}
    assert kind["data"] == [dtype]


async def test_a_packed_array_can_be_written_to(client):
    sent = np.array([[1, 2]], "<f4")
    described = packed("image", "FP32", [1, 2], sent.nbytes)
    answer = await infer_packed(client, "doubled", sent.tobytes(), described)
    assert outputs(answer)["predictions"] == [2.0, 4.0]


async def test_the_dimension_of_a_batch_of_one_may_be_there_or_not(client):
    for shape in ([1, 1, 2], [1, 2], [2]):
        answer = await infer(client, "doubled", tensor("image", "FP32", shape, [1, 2]))
        assert outputs(answer)["predictions"] == [2.0, 4.0]
    said = refusal(await infer(client, "doubled", tensor("image", "FP32", [3], [1, 2, 3])))
    assert said == "image: Must have the shape (any, 2), not (3,)."


async def test_all_outputs_may_be_packed(client):
    answer = await infer(client, "total", VALUES, parameters={"binary_data_output": True})
    head, behind = parts(answer)
    assert behind == struct.pack("<dqdd", 3.5, 2, 1, 2.5)
    assert [one["parameters"]["binary_data_size"] for one in head["outputs"]] == [8, 8, 16]


async def test_a_body_may_be_a_packed_tensor_and_nothing_else(client):
    answer = await post(client, "doubled", struct.pack("<4f", 1, 2, 3, 4), 0)
    head, behind = parts(answer)
    assert head["outputs"][0]["shape"] == [2, 2]
    assert struct.unpack("<4f", behind) == (2, 4, 6, 8)
    assert struct.unpack("<d", parts(await post(client, "total", bytes(16), 0))[1][:8]) == (0,)
    for body in (b"words", struct.pack("<I", 5) + b"words"):
        head, behind = parts(await post(client, "read", body, 0))
        assert behind.startswith(struct.pack("<I", 5) + b"words")
    said = refusal(await post(client, "doubled", b"123", 0))
    assert said.startswith("input 'image': 3 bytes of data for shape")


async def test_what_json_cannot_say_becomes_null(client):
    answer = await infer(client, "odd", tensor("case", "BYTES", [1], ["nan"]))
    assert outputs(answer) == {"floats": [1.0, None, None], "number": [None]}


async def test_anything_else_is_json_in_one_tensor(client):
    for case, wanted in (("nested", {"a": {"b": [1, None]}}), ("empty", {})):
        answer = await infer(client, "odd", tensor("case", "BYTES", [1], [case]))
        (output,) = answer.json["outputs"]
        assert orjson.loads(output.pop("data")[0]) == wanted
        parameters = {"content_type": "json"}
        rest = {"name": "predictions", "datatype": "BYTES", "shape": [1], "parameters": parameters}
        assert output == rest
    answer = await infer(client, "odd", tensor("case", "BYTES", [1], ["bytes"]))
    (output,) = answer.json["outputs"]
    assert base64.b64decode(output["data"][0]) == b"\xff\x00"
    said = {"content_type": "application/octet-stream", "encoding": "base64"}
    assert output["parameters"] == said


async def test_arrays_of_any_layout_are_answered_by_rows(client):
    answer = await infer(client, "odd", tensor("case", "BYTES", [1], ["array"]))
    (output,) = answer.json["outputs"]
    assert (output["datatype"], output["shape"]) == ("INT16", [3, 2])
    assert output["data"] == [0, 3, 1, 4, 2, 5]


async def test_large_answers_come_whole_and_leave_no_file(client):
    case = tensor("case", "BYTES", [1], ["wide"])
    answer = await infer(client, "odd", case, parameters={"binary_data_output": True})
    assert parts(answer)[1] == bytes(8 * 200_000)


async def test_files_come_as_base64_or_as_they_are(client):
    encoded = base64.b64encode(b"words").decode()
    said = {"filename": "../a.txt", "content_type": "text/plain"}
    wanted = {"text": ["words"], "name": ["a.txt"], "type": ["text/plain"], "more": [""]}
    assert outputs(
        await infer(client, "read", tensor("file", "BYTES", [1], [encoded], **said))
    ) == (wanted)
    behind = struct.pack("<I", 5) + b"words"
    answer = await infer_packed(client, "read", behind, packed("file", "BYTES", [1], 9, **said))
    assert outputs(answer) == wanted
    explicit = {"content_type": "base64", "mime_type": "text/plain", "filename": "a.txt"}
    behind = struct.pack("<I", len(encoded)) + encoded.encode()
    described = packed("file", "BYTES", [1], len(behind), **explicit)
    assert outputs(await infer_packed(client, "read", behind, described)) == wanted
    more = tensor("more", "BYTES", [2], [base64.b64encode(one).decode() for one in (b"a", b"b")])
    file = tensor("file", "BYTES", [1], [encoded])
    assert outputs(await infer(client, "read", file, more))["more"] == ["ab"]
    said = refusal(await infer(client, "read", tensor("file", "BYTES", [1], ["?"])))
    assert said.startswith("file: Not a file in base64")
    said = refusal(await infer(client, "read", tensor("file", "INT8", [1], [1])))
    assert said.startswith("file: Not a file")


async def test_a_model_that_streams_answers_the_list_of_its_items(client):
    answer = await infer(client, "count", tensor("to", "INT64", [1], [3]))
    wanted = [{"number": 0}, {"number": 1}, {"number": 2}]
    assert orjson.loads(outputs(answer)["predictions"][0]) == wanted
    answer = await infer(client, "later", tensor("to", "INT64", [1], [3]))
    assert orjson.loads(outputs(answer)["predictions"][0]) == [0, 1, 2]


async def test_models_in_an_event_loop_and_models_of_batches_answer(client):
    answer = await infer(client, "soon", tensor("text", "BYTES", [1], ["ä"]))
    assert outputs(answer) == {"text": ["Ä"]}
    answer = await infer(client, "together", tensor("numbers", "FP32", [1], [2.5]))
    assert outputs(answer) == {"twice": [5.0], "calls": [1.0]}
    said = refusal(await infer(client, "together", tensor("numbers", "BYTES", [1], ["x"])))
    assert said == "numbers: Not a valid number."


@pytest.mark.parametrize(
    ("name", "pack", "unpack"),
    [("gzip", gzip.compress, gzip.decompress), ("deflate", zlib.compress, zlib.decompress)],
)
async def test_bodies_and_answers_may_be_compressed(client, name, pack, unpack):
    sent = np.zeros((1000, 2), "<f4")
    described = packed("image", "FP32", [1000, 2], sent.nbytes)
    head = orjson.dumps({"inputs": [described], "parameters": {"binary_data_output": True}})
    coded = {"Content-Encoding": name, "Accept-Encoding": name}
    answer = await post(client, "doubled", pack(head + sent.tobytes()), len(head), **coded)
    assert answer.status == 200
    assert answer.headers["Content-Encoding"] == name
    assert len(answer.body) < 1000
    body = unpack(answer.body)
    assert body[int(answer.headers[HEADER]) :] == sent.tobytes()


async def test_a_version_that_is_not_there_is_404(client):
    answer = await ask(client, "POST", "/v2/models/total/versions/9/infer", data=b"{}")
    assert "'9'" in refusal(answer, 404)


async def test_a_model_that_fails_is_500_and_says_how(client):
    answer = await infer(client, "odd", tensor("case", "BYTES", [1], ["raises"]))
    said = refusal(answer, 500)
    assert said == "model 'odd' failed in predict: RuntimeError: out of luck"


@pytest.mark.parametrize("lists", [False, True])
async def test_an_answer_is_what_the_metadata_say(client, lists):
    told = (await get(client, "/v2/models/scored")).json["outputs"]
    asked = tensor("lists", "BOOL", [1], [lists]), tensor("certain", "FP64", [1], [0.5])
    answer = await infer(client, "scored", *asked)
    assert outputs(answer) == {"scores": [0.5] * 4, "label": ["cat"], "certain": [0.5]}
    made = {one["name"]: (one["datatype"], one["shape"]) for one in answer.json["outputs"]}
    assert list(made) == [one["name"] for one in told]
    assert made["scores"] == ("FP32", [2, 2])
    assert told[0] == {"name": "scores", "datatype": "FP32", "shape": [-1, 2]}


async def test_what_is_none_is_left_out_also_where_it_is_wanted(client):
    answer = await infer(client, "scored")
    assert list(outputs(answer)) == ["scores", "label"]
    answer = await infer(client, "scored", outputs=[{"name": "certain"}, {"name": "label"}])
    assert outputs(answer) == {"label": ["cat"]}


async def test_the_output_that_is_told_can_be_asked_for_where_others_come(client):
    array = tensor("array", "FP32", [2], [1, 2])
    (told,) = (await get(client, "/v2/models/kinds")).json["outputs"]
    answer = await infer(client, "kinds", array, outputs=[{"name": told["name"]}])
    (made,) = answer.json["outputs"]
    assert (made["name"], made["datatype"], made["shape"]) == ("predictions", "BYTES", [1])
    assert orjson.loads(made["data"][0]) == {"array": [1, 2], "dtype": "float32", "shape": [2]}
