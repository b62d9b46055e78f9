"""Predictions and metadata over the client."""

import datetime
import io
import os
from pathlib import Path

import numpy as np
import pytest

from deepaas.client import ClientError, File, InvalidArguments, NotFound


async def test_models_are_listed_and_one_tells_of_itself(connect):
    client = await connect("echo", "training")
    assert [model["id"] for model in await client.models()] == ["echo", "training"]
    metadata = await client.model("echo").metadata()
    assert (metadata["name"], metadata["author"]) == ("echo", "the tests")


async def test_the_name_of_the_only_model_may_be_left_out(connect):
    client = await connect("echo")
    assert (await client.predict(text="hi")).value["text"] == "hi"
    assert (await client.model().metadata())["name"] == "echo"


async def test_where_there_are_several_models_one_is_to_be_named(connect):
    client = await connect("echo", "training")
    with pytest.raises(ClientError, match="say which model; the server has echo, training"):
        await client.predict()


@pytest.mark.parametrize("end", ["", "/", "/v2", "/v2/"])
async def test_the_url_may_have_a_base_path_and_be_that_of_the_api(serve, connect, end):
    from deepaas.client import AsyncClient
    from tests.client.conftest import url_of

    url = url_of(await serve("echo", base_path="/some/where"))
    async with AsyncClient(f"{url.rstrip('/')}/some/where{end}") as client:
        assert (await client.predict("echo", text="hi")).value["text"] == "hi"


async def test_values_arrive_as_what_they_are(connect):
    client = await connect("kinds")
    arguments = {
        "str": "é\n\"'",
        "int": 2**70,
        "bool": False,
        "float": 0.1,
        "strings": [],
        "integers": np.array([1, 2]),
        "raw": {"a": [None, 1]},
        "date": datetime.date(2024, 2, 29),
        "dict": {"a": {"b": 1}},
        "points": ({"x": 1}, {"x": 2, "y": 3}),
    }
    value = (await client.predict("kinds", **arguments)).value
    assert value == {
        "str": repr("é\n\"'"),
        "int": str(2**70),
        "bool": "False",
        "float": "0.1",
        "strings": "[]",
        "integers": "[1, 2]",
        "raw": "{'a': [None, 1]}",
        "date": "datetime.date(2024, 2, 29)",
        "dict": "{'a': {'b': 1}}",
        "points": "[{'x': 1.0, 'y': 0.0}, {'x': 2.0, 'y': 3.0}]",
    }


async def test_arguments_go_where_the_model_looks_for_them(connect):
    client = await connect("places")
    arguments = {
        "anywhere": "1",
        "query": "2 &é",
        "querystring": "3",
        "X-Token": "4 é",
        "values": ["5", "6"],
    }
    plain = (await client.model("places").predict(arguments, json="7")).value
    assert plain == {
        "anywhere": "1",
        "query": "2 &é",
        "querystring": "3",
        "headers": "4 é",
        "values": ["5", "6"],
        "json": "7",
    }
    form = (await client.model("places").predict(arguments, form="8")).value
    assert form["form"] == "8"
    file = File(b"content", "a.txt")
    upload = (await client.model("places").predict(arguments, form="8", file=file)).value
    assert upload == {**form, "file": "a.txt"}


async def test_names_that_are_keywords_or_parameters_go_in_a_mapping(connect):
    client = await connect("echo")
    prediction = await client.model("echo").predict({"text": "first", "flag": True}, number=2)
    assert prediction.value["text"] == "first"
    assert (prediction.value["flag"], prediction.value["number"]) == (True, 2)


async def test_files_are_paths_open_files_or_made_of_bytes(connect, tmp_path):
    client = await connect("files")
    path = tmp_path / 'a "b" é.png'
    path.write_bytes(b"of a path")
    several = [io.BytesIO(b"of memory"), File(b"of bytes", "c.csv", "text/x-odd"), b"plain"]
    with path.open("rb") as opened:
        opened.seek(3)
        prediction = await client.predict(
            "files", needed=path, one=opened, several=several, words=["x", "y"]
        )
        assert not opened.closed
    files = prediction.value["files"]
    assert prediction.value["words"] == ["x", "y"]
    assert [(one["name"], one["content"]) for one in files] == [
        ("needed", "of a path"),
        ("one", "of a path"[3:]),
        ("several", "of memory"),
        ("several", "of bytes"),
        ("several", "plain"),
    ]
    names = [path.name, path.name, "file", "c.csv", "file"]
    assert [one["original_filename"] for one in files] == names
    assert [one["content_type"] for one in files] == [
        "image/png",
        "image/png",
        "application/octet-stream",
        "text/x-odd",
        "application/octet-stream",
    ]


async def test_structured_values_go_along_with_files(connect):
    client = await connect("echo")
    arguments = {"flag": True, "settings": {"a": [1, None]}, "values": [0.5, 2], "number": 3}
    value = (await client.predict("echo", data=File(b"x"), **arguments)).value
    assert {name: value[name] for name in arguments} == arguments


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"text": None, "data": File(b"")}, ValueError, "'text'.*None"),
        ({"values": [], "data": File(b"")}, ValueError, "'values'.*empty list"),
        ({"factor": float("nan")}, ValueError, "JSON compliant"),
        ({"data": io.StringIO("text")}, TypeError, "'data'.*an open binary file"),
        ({"data": [File(b""), "text"]}, TypeError, "not 'text'"),
        ({"settings": {"file": Path("a")}}, TypeError, "not within JSON"),
        ({"data": Path("nowhere")}, FileNotFoundError, "nowhere"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_it_is(connect, arguments, error, words):
    client = await connect("echo")
    with pytest.raises(error, match=words):
        await client.predict("echo", **arguments)


async def test_other_content_types_are_bytes(connect):
    client = await connect("echo")
    prediction = await client.predict("echo", accept="image/png", how="bytes")
    assert (prediction.value, prediction.content_type) == (b"bytes", "image/png")
    assert prediction.version == ""


@pytest.mark.parametrize("model", ["InHeaders", "Ordinary", "Free"])
async def test_accept_arrives_wherever_the_model_declares_it(connect, model):
    client = await connect(f"accepting:{model}")
    prediction = await client.predict(accept="text/plain")
    assert prediction.value == b"text/plain"
    assert prediction.content_type == "text/plain"


async def test_answers_of_models_with_a_schema_are_as_they_are(connect):
    client = await connect("structured:Class")
    assert (await client.predict()).value["label"] == "cat"


async def test_a_stream_where_json_was_asked_is_bytes(connect):
    client = await connect("answering")
    assert (await client.predict(what="stream")).value == b"in memory"


async def test_large_integers_stay_exact(connect):
    client = await connect("answering")
    assert (await client.predict(what="large")).value == [2**64, -(2**100)]


async def test_a_large_answer_is_streamed_to_a_file(connect, tmp_path):
    client = await connect("answering")
    to = tmp_path / "answer.png"
    prediction = await client.predict(what="many_megabytes", accept="image/png", to=to)
    assert (prediction.value, prediction.content_type) == (to, "image/png")
    assert to.stat().st_size == 30_000_000
    assert os.listdir(to.parent).count("answer.png") == 1
    assert not [one for one in os.listdir(to.parent) if one.endswith(".part")]


async def test_a_failed_prediction_leaves_a_file_as_it_was(connect, tmp_path):
    client = await connect("answering")
    to = tmp_path / "answer"
    to.write_text("before")
    with pytest.raises(ClientError, match="object"):
        await client.predict(what="object", to=to)
    assert to.read_text() == "before"


async def test_arguments_that_do_not_fit_are_named(connect):
    client = await connect("echo")
    with pytest.raises(InvalidArguments, match="number: Must be") as caught:
        await client.predict("echo", number=11, values=["a"])
    assert caught.value.status == 422
    assert caught.value.messages["values"] == {"0": ["Not a valid number."]}


async def test_an_unknown_model_is_not_found(connect):
    client = await connect("echo")
    with pytest.raises(NotFound, match="absent") as caught:
        await client.predict("absent")
    assert caught.value.status == 404


@pytest.mark.parametrize("name", ["../echo", "a/b", "?", "#", "%2e", ""])
async def test_an_odd_name_is_not_found(connect, name):
    client = await connect("echo")
    with pytest.raises(ClientError) as caught:
        await client.predict(name)
    assert caught.value.status in (404, 405)


async def test_a_body_that_is_too_large_is_told(connect):
    client = await connect("echo", client_max_size=1000)
    with pytest.raises(ClientError, match="larger than") as caught:
        await client.predict("echo", data=File(b"x" * 10_000_000))
    assert caught.value.status == 413


async def test_large_documents_and_texts_arrive_whole(connect):
    client = await connect("echo")
    text = "é" * 2_000_000
    assert (await client.predict("echo", text=text)).value["text"] == text
    assert (await client.predict("echo", text=text, data=File(b""))).value["text"] == text
