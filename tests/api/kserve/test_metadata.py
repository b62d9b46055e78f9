"""What the server and its models say of themselves to clients of the protocol."""

from __future__ import annotations

import orjson

import deepaas
from tests.api.asking import ask, get
from tests.api.kserve.asking import refusal


async def test_without_its_slash_the_version_is_the_server(client):
    answer = await get(client, "/v2")
    assert answer.headers["Content-Type"] == "application/json"
    extensions = answer.json.pop("extensions")
    assert "binary_tensor_data" in extensions
    server = {"name": "deepaas", "version": deepaas.__version__, "extensions": extensions}
    assert answer.json == server
    assert (await get(client, "/v2/")).json["version"] == "stable"


async def test_a_model_says_what_it_takes_and_gives_beside_what_its_author_says(client):
    for path in ("/v2/models/total", "/v2/models/total/"):
        told = (await get(client, path)).json
        assert told["name"] == told["id"] == "total"
        assert told["links"] == [{"rel": "self", "href": "/v2/models/total"}]
        assert told["platform"] == "deepaas"
        assert "versions" not in told
        assert told["inputs"] == [
            {"name": "values", "datatype": "FP64", "shape": [-1]},
            {"name": "scale", "datatype": "FP64", "shape": [1]},
            {"name": "name", "datatype": "BYTES", "shape": [1]},
        ]
        assert told["outputs"] == [
            {"name": "total", "datatype": "FP64", "shape": [1]},
            {"name": "count", "datatype": "INT64", "shape": [1]},
            {"name": "values", "datatype": "FP64", "shape": [-1]},
        ]
        properties = {name: orjson.loads(text) for name, text in told["properties"].items()}
        assert properties == {
            "values.required": True,
            "scale.required": False,
            "scale.default": 1.0,
            "name.required": False,
            "name.default": "a",
        }


async def test_what_the_protocol_means_is_not_for_authors_to_say(serve):
    client = await serve("asynchronous")
    told = (await get(client, "/v2/models/asynchronous")).json
    assert told["author"] == "the tests"
    # Clients expect a list, and what is not known to be left out.
    assert "versions" not in told


async def test_arrays_files_and_choices_are_told(client):
    doubled = (await get(client, "/v2/models/doubled")).json
    (taken,), (given,) = doubled["inputs"], doubled["outputs"]
    assert taken == {"name": "image", "datatype": "FP32", "shape": [-1, 2]}
    assert given == {"name": "predictions", "datatype": "FP32", "shape": [-1, 2]}
    read = (await get(client, "/v2/models/read")).json
    assert read["inputs"] == [
        {"name": "file", "datatype": "BYTES", "shape": [1]},
        {"name": "more", "datatype": "BYTES", "shape": [-1]},
    ]
    assert read["outputs"] == [{"name": "predictions", "datatype": "BYTES", "shape": [1]}]
    choices = (await get(client, "/v2/models/odd")).json["properties"]["case.choices"]
    assert orjson.loads(choices)[:2] == ["nan", "nested"]


async def test_a_version_is_served_under_its_name_and_told_in_answers(serve):
    client = await serve("echo", base_path="/p")
    told = (await get(client, "/p/v2/models/echo")).json
    # What the author says is not what is served: the module belongs to no package.
    assert told["version"] == "1"
    assert told["links"] == [{"rel": "self", "href": "/p/v2/models/echo"}]
    for path in ("/p/v2/models/echo/ready", "/p/v2/models/echo/ready/"):
        answer = await get(client, path)
        assert (answer.status, answer.json) == (200, {"name": "echo", "ready": True})
        assert (await ask(client, "HEAD", path)).status == 200
    for path in ("", "/", "/ready", "/ready/"):
        refusal(await get(client, f"/p/v2/models/echo/versions/1{path}"), 404)
    refusal(await get(client, "/p/v2/models/nobody/ready"), 404)
