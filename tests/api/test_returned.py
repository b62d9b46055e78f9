"""Return hints: documented always, and checked where their author debugs."""

import pytest

from deepaas.model.loaded import LoadedModel
from deepaas.model.source import Source
from tests.api.asking import get, predict

pytestmark = pytest.mark.usefixtures("only_site")
CODE = """
    import dataclasses
    from collections.abc import Iterator
    from typing import Annotated, Any
    from annotated_types import Le
    import deepaas
    from deepaas.types import Media

    @dataclasses.dataclass
    class Label:
        name: str
        score: Annotated[float, Le(1), "How sure it is."]

    @deepaas.served()
    def label(score: float, plainly: bool = False) -> list[Label]:
        return [{"name": "cat"} if plainly else Label("cat", score)]

    @deepaas.served()
    def free(value: Any):
        return value

    @deepaas.served()
    def spoken(text: str) -> Annotated[bytes, Media("audio/wav", "audio/mpeg")] | dict:
        return text.encode()

    @deepaas.served()
    def labels(score: float, later: float) -> Iterator[Label]:
        yield Label("cat", score)
        yield Label("dog", later)

    @deepaas.served()
    class Shaped:
        from webargs import fields
        schema = {"n": fields.Int(required=True)}
        def get_predict_args(self): return {}
        @deepaas.predict
        async def run(self, n: int, text: str = ""):
            yield {"n": n}
            yield text or {"m": n}

    @deepaas.served()
    class Old:
        from webargs import fields
        schema = {"status": fields.Str(), "n": fields.Int()}
        def get_predict_args(self): return {}
        @deepaas.predict
        def run(self, n: int) -> str: return {"status": "OK", "n": n}
"""


@pytest.fixture
def serve_one(install, serve_loaded):
    """Serve one of the functions."""
    install("hinted", CODE)

    async def start(model: str, **settings):
        members = {one.name: one for one in Source("hinted", "hinted").members()}
        return await serve_loaded(LoadedModel.of(members[model]), **settings)

    return start


async def responses(client, model: str) -> tuple[dict, dict]:
    """Return what the document says of an answer, and of the whole operation."""
    document = (await get(client, "/swagger.json")).json
    operation = document["paths"][f"/v2/models/{model}/predict/"]["post"]
    return operation["responses"]["200"]["schema"], {**document, "operation": operation}


async def test_a_return_hint_is_the_schema_of_the_answers(serve_one):
    schema, document = await responses(await serve_one("label"), "label")
    assert schema["required"] == ["status", "predictions"]
    items = schema["properties"]["predictions"]["items"]
    label = document["definitions"][items["$ref"].rpartition("/")[2]]
    assert label["required"] == ["name", "score"]
    assert label["properties"]["score"] == {
        "type": "number",
        "maximum": 1,
        "description": "How sure it is.",
    }


async def test_without_a_return_hint_answers_are_free(serve_one):
    schema, _ = await responses(await serve_one("free"), "free")
    assert schema == {"$ref": "#/definitions/Prediction"}


async def test_an_old_schema_goes_before_the_return_hint(serve_one):
    client = await serve_one("Old", log_level="DEBUG")
    schema, document = await responses(client, "Old")
    assert set(document["definitions"][schema["$ref"].rpartition("/")[2]]["properties"]) == {
        "status",
        "n",
    }
    assert (await predict(client, "Old", json={"n": 3})).json == {"status": "OK", "n": 3}


async def test_content_types_are_documented(serve_one):
    client = await serve_one("spoken")
    _, document = await responses(client, "spoken")
    offered = ["audio/wav", "audio/mpeg", "application/json"]
    assert document["operation"]["produces"] == [*offered, "*/*"]
    answer = await predict(
        client, "spoken", json={"text": "hi"}, headers={"Accept": "audio/mpeg, audio/wav;q=0.5"}
    )
    assert (answer.content_type, answer.body) == ("audio/mpeg", b"hi")


async def test_a_content_type_that_is_not_offered_is_refused_by_name(serve_one):
    client = await serve_one("spoken")
    answer = await predict(client, "spoken", json={"text": "hi"}, headers={"Accept": "image/png"})
    assert answer.status == 422
    assert list(answer.json) == ["accept"]


async def test_who_debugs_is_told_that_an_answer_does_not_follow_its_hint(serve_one):
    client = await serve_one("label", log_level="DEBUG")
    good = await predict(client, "label", json={"score": 0.5})
    assert good.predictions == [{"name": "cat", "score": 0.5}]
    for arguments, words in (
        ({"score": 2}, "'score': ['Must be less than or equal to 1.']"),
        ({"score": 0, "plainly": True}, "'score': ['Missing data for required field.']"),
    ):
        answer = await predict(client, "label", json=arguments)
        assert answer.status == 500
        assert "model 'label'" in answer.message
        assert "it does not follow the return hint" in answer.message
        assert words in answer.message


async def test_in_service_answers_are_sent_as_they_are(serve_one):
    answer = await predict(await serve_one("label"), "label", json={"score": 2})
    assert answer.predictions == [{"name": "cat", "score": 2.0}]


@pytest.mark.parametrize(
    ("model", "good", "bad", "words"),
    [
        (
            "labels",
            {"score": 0, "later": 1},
            {"score": 0, "later": 2},
            "it does not follow the return hint: {'score': ['Must be less",
        ),
        ("Shaped", None, {"n": 1}, "it does not follow the model's schema: {'n': ['Missing data"),
    ],
)
async def test_each_item_of_a_stream_has_to_follow_what_is_declared(
    serve_one, model, good, bad, words
):
    client = await serve_one(model, log_level="DEBUG")
    schema, _ = await responses(client, model)
    assert schema["properties"]["predictions"]["type"] == "array"
    if good:
        answer = await predict(client, model, json=good)
        assert answer.body.endswith(b"event: end\ndata: {}\n\n")
    text = (await predict(client, model, json=bad)).body.decode()
    item, failure, _ = text.split("\n\n")
    assert item.startswith("data: {")
    event, data = failure.split("\n")
    assert event == "event: error"
    assert words in data
    answer = await predict(client, model, json=bad, headers={"Accept": "application/json"})
    assert answer.status == 500
    assert words in answer.message


async def test_items_that_go_as_they_are_are_not_held_against_a_schema(serve_one):
    client = await serve_one("Shaped")
    plain = {"Accept": "text/plain"}
    answer = await predict(client, "Shaped", json={"n": 1, "text": "as it is"}, headers=plain)
    assert answer.body == b'{"n":1}as it is'
