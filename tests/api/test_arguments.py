"""How arguments come out of requests, and what is said of those that do not fit."""

import json

import aiohttp

from tests.api.asking import JSON, ask, predict


async def test_an_argument_is_looked_for_in_query_then_form_then_json(serve):
    client = await serve("places")
    query = {"anywhere": "query"}
    multipart = aiohttp.MultipartWriter("form-data")
    multipart.append("form").set_content_disposition("form-data", name="anywhere")
    for options, winner in (
        ({"json": {"anywhere": "json"}}, "json"),
        ({"data": {"anywhere": "form"}}, "form"),
        ({"data": multipart}, "form"),
        ({"params": query}, "query"),
        ({"params": query, "json": {"anywhere": "json"}}, "query"),
        ({"params": query, "data": {"anywhere": "form"}}, "query"),
    ):
        answer = await predict(client, "places", **options)
        assert answer.predictions == {"anywhere": winner}


async def test_places_can_be_mixed_in_one_request(serve):
    client = await serve("places")
    for padding in ("", " " * 100_000):
        answer = await predict(
            client,
            "places",
            params={"query": "1", "querystring": "2"},
            data=f'{{"json": "3", {padding} "values": ["4"]}}',
            headers={"X-Token": "5", **JSON},
            cookies={"cookies": "6"},
        )
        assert answer.predictions == {
            "query": "1",
            "querystring": "2",
            "json": "3",
            "headers": "5",
            "cookies": "6",
            "values": ["4"],
        }
    form = aiohttp.FormData({"form": "1", "anywhere": "2"})
    form.add_field("file", b"content", filename="a.txt")
    answer = await predict(client, "places", params={"query": "3"}, data=form)
    assert answer.predictions == {"anywhere": "2", "query": "3", "form": "1", "file": "a.txt"}


async def test_a_declared_location_is_the_only_place_that_counts(serve):
    client = await serve("places")
    names = ("query", "querystring", "form", "json", "headers", "X-Token", "cookies")
    everything = dict.fromkeys(names, "value")
    in_query = (await predict(client, "places", params=everything)).predictions
    in_form = (await predict(client, "places", data=everything)).predictions
    in_json = (await predict(client, "places", json=everything)).predictions
    in_headers = (await predict(client, "places", headers=everything)).predictions
    in_cookies = (await predict(client, "places", cookies=everything)).predictions
    assert set(in_query) == {"query", "querystring"}
    assert set(in_form) == {"form"}
    assert set(in_json) == {"json"}
    assert set(in_headers) == {"headers"}
    assert set(in_cookies) == {"cookies"}


async def test_scalars_take_the_first_value_and_lists_repeat_the_key(serve):
    client = await serve("places")
    pairs = [("anywhere", "1"), ("anywhere", "2"), ("values", "a"), ("values", "b")]
    wanted = {"anywhere": "1", "values": ["a", "b"]}
    multipart = aiohttp.FormData(pairs, default_to_multipart=True)
    for options in ({"params": pairs}, {"data": aiohttp.FormData(pairs)}, {"data": multipart}):
        assert (await predict(client, "places", **options)).predictions == wanted
    for options in ({"params": {"values": "a"}}, {"json": {"values": "a"}}):
        assert (await predict(client, "places", **options)).predictions == {"values": ["a"]}
    empty = await predict(client, "places", json={"values": []})
    assert empty.predictions == {"values": []}


async def test_unknown_arguments_are_dropped_wherever_they_come(serve):
    client = await serve("echo")
    known = (await predict(client, "echo")).predictions
    unknown = {"nobody": "asked"}
    form = aiohttp.FormData()
    form.add_field("nobody", b"asked", filename="asked.txt")
    for options in ({"params": unknown}, {"data": unknown}, {"json": unknown}, {"data": form}):
        assert (await predict(client, "echo", **options)).predictions == known


async def test_defaults_are_filled_in_and_absent_arguments_left_out_in_declared_order(serve):
    client = await serve("declared")
    defaults = (await predict(client, "declared")).predictions
    assert dict(defaults) == {
        "zeta": "z",
        "alpha": 1,
        "made": [],
        "nothing": None,
        "mode": "a",
        "demo-str": "some text",
    }
    given = {
        "given-name": "n",
        "few": [1],
        "choice": "b",
        "bbox(N,W,S,E)": [1, 2, 3, 4],
        "absent": "here",
        "alpha": 2,
        "zeta": "y",
    }
    answers = [
        (await predict(client, "declared", json=ordered)).predictions
        for ordered in (given, dict(reversed(given.items())))
    ]
    assert answers[0] == answers[1]
    names = [name for name, _ in answers[0]]
    attributes = ["zeta", "alpha", "made", "absent", "renamed", "nothing", "mode", "choice", "few"]
    assert [name for name in names if name in attributes] == attributes
    assert dict(answers[0])["renamed"] == "n"
    assert dict(answers[0])["bbox(N,W,S,E)"] == [1.0, 2.0, 3.0, 4.0]


async def test_a_data_key_is_the_name_for_callers_and_no_other_works(serve):
    client = await serve("declared")
    answer = await predict(client, "declared", params={"given-name": "a", "renamed": "b"})
    assert dict(answer.predictions)["renamed"] == "a"
    answer = await predict(client, "declared", params={"renamed": "b"})
    assert "renamed" not in dict(answer.predictions)


async def test_names_need_not_be_identifiers(serve):
    client = await serve("declared")
    pairs = [("demo-str", "x"), *(("bbox(N,W,S,E)", str(side)) for side in (4, 3, 2, 1))]
    for options in ({"params": pairs}, {"data": aiohttp.FormData(pairs)}):
        answer = dict((await predict(client, "declared", **options)).predictions)
        assert answer["demo-str"] == "x"
        assert answer["bbox(N,W,S,E)"] == [4.0, 3.0, 2.0, 1.0]


async def test_enum_documents_and_validate_validates(serve):
    client = await serve("declared")
    answer = await predict(client, "declared", params={"mode": "c"})
    assert dict(answer.predictions)["mode"] == "c"
    answer = await predict(client, "declared", params={"choice": "c"})
    assert answer.status == 422
    assert answer.json == {"choice": ["Must be one of: a, b."]}


async def test_arguments_that_do_not_fit_are_all_named_at_once(serve):
    client = await serve("declared")
    wrong = {"few": [1, "x", 99], "alpha": "one", "bbox(N,W,S,E)": "north", "given-name": None}
    answer = await predict(client, "declared", json=wrong)
    assert answer.status == 422
    assert answer.json == {
        "few": {"1": ["Not a valid integer."], "2": ["Must be less than or equal to 9."]},
        "alpha": ["Not a valid integer."],
        "bbox(N,W,S,E)": {"0": ["Not a valid number."]},
        "given-name": ["Field may not be null."],
    }
    answer = await predict(client, "declared", json={"few": [1, 2, 3, 4]})
    assert answer.json == {"few": ["Longer than maximum length 3."]}
    missing = await ask(client, "POST", "/v2/models/declared/train/", json={"needed": "x"})
    assert missing.status == 422
    assert missing.json == {
        "needed": ["Not a valid integer."],
        "also": ["Missing data for required field."],
    }


async def test_a_json_document_that_is_no_object_is_refused(serve):
    client = await serve("echo")
    for document in ("[1]", '"text"', "1", "null", "true"):
        answer = await predict(client, "echo", data=document, headers=JSON)
        assert answer.status == 422
        assert answer.json == {"_schema": ["Invalid input type."]}


async def test_a_failure_of_the_models_own_field_names_model_and_argument(serve):
    client = await serve("kinds")
    answer = await predict(client, "kinds", params={"broken": "x"})
    assert answer.status == 500
    for word in ("'kinds'", "'broken'", "reversed"):
        assert word in answer.message


async def test_of_several_cookies_by_one_name_the_first_counts(serve):
    client = await serve("places")
    headers = {"Cookie": 'other=x; cookies="first"; cookies=second; cookies=third'}
    answer = await predict(client, "places", headers=headers)
    assert answer.predictions == {"cookies": "first"}


async def test_integers_in_json_text_are_exact(serve):
    client = await serve("kinds")
    large = {"a": [2**80 + 1, {"b": -(2**70)}], "c": 1e300}
    text = json.dumps(large)
    for request in ({"params": {"dict": text}}, {"data": {"dict": text}}):
        assert (await predict(client, "kinds", **request)).predictions == {"dict": repr(large)}
