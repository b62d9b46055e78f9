"""How callers choose the content type of an answer."""

import pytest

from tests.api.asking import get, predict

NOT_OFFERED = {"accept": ["Must be one of: application/json, image/png, text/plain."]}


async def chosen(client, model, accept=None, **options):
    """Return the content type that the model was asked for, which is the one of the answer."""
    model = f"accepting:{model}"
    if accept is None:
        options["skip_auto_headers"] = ["Accept"]
    else:
        options["headers"] = [("Accept", one) for one in accept.split("\n")]
    answer = await predict(client, model, **options)
    assert answer.status == 200, answer.body
    if answer.content_type == "application/json":
        assert answer.predictions == "application/json"
    else:
        assert answer.text == answer.content_type
    return answer.content_type


async def test_headers_are_negotiated(serve):
    client = await serve("accepting:InHeaders")
    for header, wanted in {
        "application/json": "application/json",
        "text/plain": "text/plain",
        "Text/PLAIN": "text/plain",
        "text/plain;charset=utf-8": "text/plain",
        "text/*": "text/plain",
        "application/*, text/*": "application/json",
        "text/html, text/plain": "text/plain",
        "text/html,application/xhtml+xml,*/*;q=0.8": "image/png",
        "application/json;q=0.2, text/plain;q=0.9": "text/plain",
        "image/png;q=0, */*": "application/json",
        "text/plain;q=0.1, application/*;q=0.9": "application/json",
        "text/plain;q=0.5, */*;q=0.1": "text/plain",
        "text/html\ntext/plain": "text/plain",
    }.items():
        assert await chosen(client, "InHeaders", header) == wanted, header


async def test_whoever_takes_anything_gets_the_default(serve):
    client = await serve("accepting:InHeaders", "accepting:WithoutDefault", "accepting:Anything")
    for header in (None, "*/*", "*/*;q=0.5", ""):
        assert await chosen(client, "InHeaders", header) == "image/png"
        assert await chosen(client, "WithoutDefault", header) == "image/png"
        assert await chosen(client, "Anything", header) == "text/plain"


async def test_a_default_that_is_none_of_the_choices_is_the_default_all_the_same(serve):
    client = await serve("accepting:OddDefault")
    for header in (None, "*/*"):
        assert await chosen(client, "OddDefault", header) == "application/pdf"
    assert await chosen(client, "OddDefault", "image/png") == "image/png"


async def test_the_choices_may_be_a_tuple(serve):
    client = await serve("accepting:WithoutDefault")
    assert await chosen(client, "WithoutDefault", "text/plain") == "text/plain"
    answer = await predict(
        client, "accepting:WithoutDefault", headers={"Accept": "application/json"}
    )
    assert answer.status == 422
    assert answer.json == {"accept": ["Must be one of: image/png, text/plain."]}


@pytest.mark.parametrize("header", ["application/xml", "text/html, image/*;q=0", "image/jpeg"])
async def test_what_is_not_offered_is_refused(serve, header):
    client = await serve("accepting:InHeaders")
    answer = await predict(client, "accepting:InHeaders", headers={"Accept": header})
    assert answer.status == 422
    assert answer.json == NOT_OFFERED


async def test_a_query_does_not_speak_for_the_header(serve):
    client = await serve("accepting:InHeaders")
    query = {"accept": "text/plain"}
    header = "application/json"
    assert await chosen(client, "InHeaders", header, params=query) == "application/json"
    assert await chosen(client, "InHeaders", params=query) == "image/png"


async def test_without_choices_the_first_type_of_the_header_is_asked_for(serve):
    client = await serve("accepting:WithoutChoices")
    assert await chosen(client, "WithoutChoices", "Application/PDF;q=0.9, */*") == "application/pdf"
    assert await chosen(client, "WithoutChoices", "*/*") == "text/csv"
    assert await chosen(client, "WithoutChoices") == "text/csv"


async def test_what_is_no_content_type_never_becomes_a_header(serve):
    client = await serve("accepting:Free")
    for accept in (
        "text/plain\r\nX-Injected: 1",
        "text/\x01",
        "nonsense",
        "é/é",
        "x/" + "y" * 9000,
    ):
        answer = await predict(client, "accepting:Free", json={"accept": accept})
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert "X-Injected" not in answer.headers
        assert answer.text == accept


async def test_an_argument_that_is_not_declared_in_headers_is_an_ordinary_one(serve):
    client = await serve("accepting:Ordinary")
    accept = {"accept": "text/plain"}
    for request in ({"params": accept}, {"data": accept}, {"json": accept}):
        assert await chosen(client, "Ordinary", **request) == "text/plain"
        assert await chosen(client, "Ordinary", "image/png", **request) == "text/plain"
    answer = await predict(client, "accepting:Ordinary", params={"accept": "text/html"})
    assert answer.status == 422
    assert answer.json == NOT_OFFERED


async def test_a_header_that_names_an_offered_type_counts_where_nothing_else_was_said(serve):
    client = await serve("accepting:Ordinary")
    assert await chosen(client, "Ordinary", "image/png") == "image/png"
    for header in (None, "*/*", "text/html", "text/html, */*;q=0.1"):
        assert await chosen(client, "Ordinary", header) == "application/json"


async def test_a_model_without_a_choice_answers_whatever_the_header_says(serve):
    client = await serve("accepting:Indifferent")
    for header in ("image/png", "text/html", "nonsense"):
        answer = await predict(client, "accepting:Indifferent", headers={"Accept": header})
        assert answer.predictions == "nothing"


async def test_only_the_answer_of_a_model_is_negotiated(serve):
    client = await serve("accepting:InHeaders")
    header = {"Accept": "image/png"}
    assert (await get(client, "/v2/models/", headers=header)).json["models"]
    answer = await predict(client, "nobody", headers=header)
    assert answer.status == 404
    assert "nobody" in answer.message
