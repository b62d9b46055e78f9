"""Predictions by KServe's first protocol."""

from __future__ import annotations

import asyncio
import base64
import gzip

import orjson
import pytest

from tests.api.asking import ask, get
from tests.api.kserve.asking import refusal
from tests.api.kserve.v1.asking import post, predict, predictions


def encoded(content: bytes) -> str:
    """Return bytes in base64."""
    return base64.b64encode(content).decode()


async def test_each_instance_gets_a_prediction_in_their_order(client):
    instances = [{"values": [number], "scale": 2} for number in range(5)]
    assert predictions(await predict(client, "total", *instances)) == [
        {"total": 2.0 * number, "count": 1, "values": [2.0 * number]} for number in range(5)
    ]
    assert predictions(await predict(client, "total")) == []


async def test_values_are_taken_and_answered_as_json_has_them(client):
    # As by the REST API, a single value stands for a list of one.
    instances = [{"values": 1}, {"values": [1]}]
    one = {"total": 1.0, "count": 1, "values": [1.0]}
    assert predictions(await predict(client, "total", *instances)) == [one, one]
    answer = await predict(client, "doubled", {"image": [[1, 2], [3, 4]]})
    assert predictions(answer) == [[[2.0, 4.0], [6.0, 8.0]]]
    assert predictions(await predict(client, "odd", {"case": "nested"})) == [
        {"a": {"b": [1, None]}}
    ]
    assert predictions(await predict(client, "odd", {"case": "nan"})) == [
        {"floats": [1.0, None, None], "number": None}
    ]
    assert predictions(await predict(client, "soon", {"text": "a"})) == [{"text": "A"}]


async def test_an_integer_keeps_all_its_digits(client):
    assert predictions(await post(client, "count", b'{"instances":[{"to":0}]}')) == [[]]
    answer = await post(client, "later", b'{"instances":[{"to":123456789012345678901234567890x}]}')
    assert "malformed JSON" in refusal(answer)


async def test_a_model_of_one_argument_takes_instances_without_its_name(client):
    assert predictions(await predict(client, "soon", "a", {"text": "b"})) == [
        {"text": "A"},
        {"text": "B"},
    ]
    # Of several, the only one that has to be given.
    assert predictions(await predict(client, "total", [1, 2]))[0]["total"] == 3.0
    assert predictions(await predict(client, "read", encoded(b"hello")))[0]["text"] == "hello"


async def test_an_instance_that_is_no_object_is_refused_where_it_could_be_several_arguments(serve):
    client = await serve("declared", lazy=True)
    assert "must be an object of arguments by name: " in refusal(
        await predict(client, "declared", 1)
    )


async def test_files_are_base64_by_themselves_or_with_name_and_type(client):
    named = {"b64": encoded(b"hello"), "filename": "a.txt", "content_type": "text/plain"}
    found = predictions(
        await predict(
            client,
            "read",
            {"file": encoded(b"hello")},
            {"file": {"b64": encoded(b"hello")}},
            {"file": named, "more": [encoded(b"a"), {"b64": encoded(b"b")}]},
        )
    )
    assert [one["text"] for one in found] == ["hello"] * 3
    assert found[0]["type"] == "application/octet-stream"
    assert found[2] == {"text": "hello", "name": "a.txt", "type": "text/plain", "more": "ab"}


async def test_bytes_are_answered_in_base64(client):
    assert predictions(await predict(client, "odd", {"case": "bytes"})) == [
        {"b64": encoded(b"\xff\x00"), "content_type": "application/octet-stream"}
    ]


async def test_a_model_that_streams_answers_with_lists(client):
    assert predictions(await predict(client, "count", 2, 0)) == [
        [{"number": 0}, {"number": 1}],
        [],
    ]
    assert predictions(await predict(client, "later", 2)) == [[0, 1]]


async def test_instances_of_one_request_are_put_together_to_batches(client):
    found = predictions(await predict(client, "together", *map(float, range(12))))
    assert [one["twice"] for one in found] == [2.0 * number for number in range(12)]
    told = await get(client, "/v2/models/together/stats")
    (together,) = told.json["model_stats"]
    assert together["inference_count"] >= 12
    assert together["execution_count"] < together["inference_count"]


async def test_more_instances_than_may_wait_are_no_overload(serve):
    client = await serve("echo", max_queued_predictions=0, workers=2)
    assert len(predictions(await predict(client, "echo", *([{}] * 40)))) == 40


@pytest.mark.parametrize(
    ("model", "instances", "told"),
    [
        (
            "total",
            [{"values": [1]}, {"values": ["x"]}],
            "instance 1: values: 0: Not a valid number.",
        ),
        ("total", [{}], "instance 0: values: Missing data for required field."),
        ("soon", [{"txt": "a"}], "instance 0: there is no argument 'txt'; there is: text"),
        ("read", [{"file": "§"}], "instance 0: file: Not a file in base64: "),
        ("read", [{"file": {"url": "a"}}], "instance 0: file: Not a file: send it in base64"),
        ("together", [1, "x"], "instance 1: numbers: Not a valid number."),
        ("doubled", [[[1]]], "instance 0: image: Must have the shape (any, 2), not (1, 1)."),
    ],
)
async def test_an_instance_that_does_not_fit_is_named(client, model, instances, told):
    assert refusal(await predict(client, model, *instances)).startswith(told)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "malformed JSON: "),
        (b'{"instances":[1}', "malformed JSON: "),
        (b"[1]", "the request must be an object with a list of 'instances'"),
        (b"{}", "the request needs a list of 'instances'"),
        (b'{"instances":{"text":"a"}}', "the request needs a list of 'instances'"),
        (b"[" * 100_000, "malformed JSON: "),
    ],
)
async def test_a_body_without_instances_is_refused(client, body, told):
    assert refusal(await post(client, "soon", body)).startswith(told)


async def test_failures_are_told_as_clients_of_the_protocol_read_them(client):
    failed = await predict(client, "odd", {"case": "raises"})
    assert refusal(failed, 500) == "model 'odd' failed in predict: RuntimeError: out of luck"
    assert refusal(await predict(client, "nobody", 1), 404).startswith("no model 'nobody' here")
    assert "no explainer" in refusal(await post(client, "soon", b"{}", "explain"), 501)
    assert refusal(await post(client, "nobody", b"{}", "explain"), 404)
    assert refusal(await get(client, "/v1/models/soon:predict"), 405)
    assert refusal(await get(client, "/v1/nothing"), 404)
    assert refusal(await predict(client, "soon", "a", X_Request_Timeout="soon"))


async def test_a_packed_body_is_unpacked(client):
    body = gzip.compress(orjson.dumps({"instances": ["a"]}))
    answer = await post(client, "soon", body, Content_Encoding="gzip")
    assert predictions(answer) == [{"text": "A"}]


async def test_large_answers_come_whole(client):
    found = predictions(await predict(client, "odd", *[{"case": "wide"}] * 3))
    assert [one["values"] for one in found] == [[0.0] * 200_000] * 3


async def test_all_instances_together_have_the_time_of_the_request(serve, pipes):
    reached, _ = pipes
    client = await serve("dawdling:alone")
    waits = {"how": "wait", "told": reached.path}
    answer = await predict(client, "dawdling:alone", waits, waits, X_Request_Timeout="0.3")
    assert "did not answer within" in refusal(answer, 504)
    # Those that were given up have left the worker to others.
    assert len(predictions(await predict(client, "dawdling:alone", {}))) == 1


async def test_settings_of_the_server_hold(serve):
    client = await serve("echo", base_path="/p", predict_endpoint=False)
    answer = await ask(client, "POST", "/p/v1/models/echo:predict", data=b"{}")
    assert "predict endpoint is disabled" in refusal(answer, 402)
    assert (await get(client, "/p/v1/models")).json == {"models": ["echo"]}
    assert (await get(client, "/p/v1/models/echo")).json == {"name": "echo", "ready": True}
    assert (await get(client, "/p/")).json["status"] == "alive"


async def test_a_body_larger_than_allowed_is_refused(serve):
    client = await serve("echo", client_max_size=100, lazy=True)
    assert "larger than the 100 bytes" in refusal(await predict(client, "echo", "a" * 200), 413)


async def test_calls_at_once_do_not_mix_up_their_answers(client):
    asked = [predict(client, "soon", *(f"{call}-{one}" for one in range(4))) for call in range(10)]
    for call, answer in enumerate(await asyncio.gather(*asked)):
        assert predictions(answer) == [{"text": f"{call}-{one}"} for one in range(4)]
