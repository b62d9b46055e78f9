"""Texts that are generated, whole or as they come."""

from __future__ import annotations

import textwrap
from typing import Any

import aiohttp
import orjson
import pytest

from deepaas.testing.serving import serve as serve_files
from tests.api.asking import Answer, ask
from tests.api.kserve.asking import refusal

MODELS = '''
    from collections.abc import Iterator
    import deepaas

    @deepaas.predict(model="say")
    def say(prompt: str, suffix: str = "", times: int = 1) -> Iterator[str]:
        """Say a text word by word."""
        for word in prompt.split() * times:
            yield word + suffix

    @deepaas.predict(model="shout")
    def shout(text_input: str, times: int = 1) -> str:
        """Shout a text."""
        return text_input.upper() * times

    @deepaas.predict(model="measure")
    def measure(text: str, scale: float = 1.0) -> dict[str, object]:
        """Measure a text."""
        return {"length": len(text) * scale, "letters": sorted(set(text))}

    @deepaas.predict(model="break")
    def break_off(words: str) -> Iterator[str]:
        """Fail after the first word."""
        yield words.split()[0]
        raise ValueError("no more")

    @deepaas.predict(model="add")
    def add(first: float, second: float = 1.0) -> float:
        """Add."""
        return first + second
'''


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """The address of the models."""
    path = tmp_path_factory.mktemp("generate") / "texts.py"
    path.write_text(textwrap.dedent(MODELS))
    with serve_files(str(path), lazy=True) as served:
        yield served.url


@pytest.fixture
async def texts(url):
    """A session of their server."""
    async with aiohttp.ClientSession(url) as session:
        yield session


async def generate(client: aiohttp.ClientSession, model: str, **document: Any) -> Answer:
    """Ask for the whole of an answer."""
    return await ask(client, "POST", f"/v2/models/{model}/generate", json=document)


async def items(client: aiohttp.ClientSession, model: str, **document: Any) -> list[Any]:
    """Ask for events; return what they hold."""
    answer = await ask(client, "POST", f"/v2/models/{model}/generate_stream", json=document)
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    *events, last = answer.text.split("\n\n")
    assert last == ""
    return [orjson.loads(one.rpartition("data: ")[2]) for one in events]


async def test_a_text_comes_out_where_one_goes_in(texts):
    assert (await generate(texts, "shout", text_input="a")).json == {
        "model_name": "shout",
        "text_output": "A",
    }
    # The first argument that is a text, where none is called so.
    answer = await generate(texts, "say", text_input="a b", suffix="!")
    assert answer.json["text_output"] == "a!b!"
    assert (await generate(texts, "say", prompt="a b")).json["text_output"] == "ab"


async def test_an_item_is_an_event(texts):
    assert await items(texts, "say", text_input="a b", id="7") == [
        {"model_name": "say", "id": "7", "text_output": "a"},
        {"model_name": "say", "id": "7", "text_output": "b"},
    ]
    assert await items(texts, "say", text_input="") == []
    # Of a model that does not stream, there is one.
    assert [one["text_output"] for one in await items(texts, "shout", text_input="a")] == ["A"]


async def test_outputs_are_told_by_name(texts):
    answer = await generate(texts, "measure", text="aba", scale=2, id="x")
    assert answer.json == {
        **{"model_name": "measure", "id": "x"},
        **{"length": 6.0, "letters": ["a", "b"]},
    }
    assert (await generate(texts, "add", first=1)).json["predictions"] == 2.0


async def test_scalars_are_taken_from_parameters_and_what_nobody_knows_is_let_be(texts):
    parameters = {"times": 2, "temperature": 0.1}
    answer = await generate(texts, "shout", text_input="a", parameters=parameters, stream=False)
    assert answer.json["text_output"] == "AA"


async def test_what_does_not_fit_is_refused_by_name(texts):
    assert (
        refusal(await generate(texts, "shout", text_input=1)) == "text_input: Not a valid string."
    )
    missing = "prompt: Missing data for required field."
    assert refusal(await generate(texts, "say")) == missing
    assert "no argument for the text" in refusal(await generate(texts, "add", text_input="a"))
    assert "must be an object" in refusal(await generate(texts, "say", parameters=1))
    assert "must be a text" in refusal(await generate(texts, "say", id=1))
    for verb in ("generate", "generate_stream"):
        path = f"/v2/models/say/{verb}"
        assert "malformed JSON" in refusal(await ask(texts, "POST", path, data=b"{"))
        assert "must be an object" in refusal(await ask(texts, "POST", path, data=b"[]"))
        assert refusal(await ask(texts, "POST", f"/v2/models/nobody/{verb}", data=b"{}"), 404)
        assert refusal(await ask(texts, "GET", path), 405)


async def test_a_failure_in_the_middle_is_the_last_event(texts):
    first, failed = await items(texts, "break", text_input="a b")
    assert first["text_output"] == "a"
    assert "'break' failed in predict: ValueError: no more" in failed["error"]
