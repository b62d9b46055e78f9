"""Requests that come as CloudEvents."""

from __future__ import annotations

import datetime
import uuid

import orjson
import pytest

from tests.api.kserve.asking import refusal
from tests.api.kserve.v1.asking import post, predict, predictions

BINARY = {
    "ce_specversion": "1.0",
    "ce_id": "36077800",
    "ce_source": "/tests",
    "ce_type": "test.request",
}
STRUCTURED = {
    "specversion": "1.0",
    "id": "36077800",
    "source": "/tests",
    "type": "test.request",
    "data": {"instances": ["a", "b"]},
}
TYPE = "io.kserve.inference.response"


async def test_an_event_in_headers_is_answered_by_one(client):
    answer = await predict(client, "soon", "a", "b", **BINARY)
    assert predictions(answer) == [{"text": "A"}, {"text": "B"}]
    said = {name: value for name, value in answer.headers.items() if name.startswith("ce-")}
    assert said.keys() == {"ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time"}
    assert (said["ce-specversion"], said["ce-type"]) == ("1.0", TYPE)
    assert said["ce-source"] == "io.kserve.inference.soon"
    assert str(uuid.UUID(said["ce-id"])) == said["ce-id"] != BINARY["ce_id"]
    assert datetime.datetime.fromisoformat(said["ce-time"]).tzinfo is not None


async def test_without_an_event_there_is_none_in_the_answer(client):
    answer = await predict(client, "soon", "a")
    assert not [name for name in answer.headers if name.lower().startswith("ce-")]


async def test_an_event_that_is_a_document_is_answered_by_one(client):
    kind = "application/cloudevents+json; charset=utf-8"
    answer = await post(client, "soon", orjson.dumps(STRUCTURED), Content_Type=kind)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/cloudevents+json"
    event = orjson.loads(answer.body)
    assert event["data"] == {"predictions": [{"text": "A"}, {"text": "B"}]}
    assert (event["specversion"], event["type"]) == ("1.0", TYPE)
    assert event["id"] != STRUCTURED["id"]


@pytest.mark.parametrize("name", ["id", "source", "type"])
async def test_an_event_that_lacks_something_is_refused(client, name):
    headers = {one: value for one, value in BINARY.items() if one != f"ce_{name}"}
    assert refusal(await predict(client, "soon", "a", **headers)) == f"header ce-{name} is missing"
    body = orjson.dumps({one: value for one, value in STRUCTURED.items() if one != name})
    answer = await post(client, "soon", body, Content_Type="application/cloudevents+json")
    assert refusal(answer) == f"event: {name} is missing"


async def test_an_event_of_another_version_is_refused(client):
    answer = await predict(client, "soon", "a", **{**BINARY, "ce_specversion": "0.3"})
    assert refusal(answer) == "header ce-specversion must be 1.0, not '0.3'"
