"""Each kind of field, from each place: what values become, and how wrong ones are refused."""

import json

import aiohttp

from tests.api.asking import JSON, predict

UUID = "12345678-1234-5678-1234-567812345678"
# Value in JSON (its text is sent in query and form), and what it becomes.
GOOD = {
    "str": ("text", "'text'"),
    "int": (5, "5"),
    "float": (2.5, "2.5"),
    "bool": (True, "True"),
    "url": ("https://example.org/a?b=c", "'https://example.org/a?b=c'"),
    "date": ("2024-02-29", "datetime.date(2024, 2, 29)"),
    "datetime": ("2024-02-29T12:30:00", "datetime.datetime(2024, 2, 29, 12, 30)"),
    "uuid": (UUID, f"UUID('{UUID}')"),
    "even": (4, "4"),
    "strings": (["a", "b"], "['a', 'b']"),
    "integers": ([1, 2], "[1, 2]"),
    "dict": ({"a": [1, None]}, "{'a': [1, None]}"),
    "nested": ({"x": 1}, "{'x': 1.0, 'y': 0.0}"),
    "points": ([{"x": 1}, {"x": 2, "y": 3}], "[{'x': 1.0, 'y': 0.0}, {'x': 2.0, 'y': 3.0}]"),
    "raw": ("anything", "'anything'"),
    "field": ("anything", "'anything'"),
}
BAD = {
    "int": ("five", ["Not a valid integer."]),
    "float": ("nan", ["Special numeric values (nan or infinity) are not permitted."]),
    "bool": ("perhaps", ["Not a valid boolean."]),
    "url": ("example", ["Not a valid URL."]),
    "date": ("2023-02-29", ["Not a valid date."]),
    "datetime": ("noon", ["Not a valid datetime."]),
    "uuid": ("1234", ["Not a valid UUID."]),
    "even": (3, ["Not an even number."]),
    "integers": (["1", "x"], {"1": ["Not a valid integer."]}),
    "dict": ("{'a': 1}", ["Not a valid mapping type."]),
    "nested": ({"y": 1}, {"x": ["Missing data for required field."]}),
    "points": ([{"x": "one"}], {"0": {"x": ["Not a valid number."]}}),
}


def pairs(values):
    """Return values as a client writes them into a query: lists repeat the key."""
    return [
        (name, one if isinstance(one, str) else json.dumps(one))
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
    ]


def requests(values):
    """Yield the same values in each place that can hold them."""
    yield {"json": values}
    yield {"params": pairs(values)}
    yield {"data": aiohttp.FormData(pairs(values))}
    yield {"data": aiohttp.FormData(pairs(values), default_to_multipart=True)}


async def test_every_kind_of_value_is_converted_alike_from_every_place(serve):
    client = await serve("kinds")
    for request in requests({name: value for name, (value, _) in GOOD.items()}):
        answer = await predict(client, "kinds", **request)
        assert answer.predictions == {name: wanted for name, (_, wanted) in GOOD.items()}


async def test_every_kind_of_value_is_validated_alike_from_every_place(serve):
    client = await serve("kinds")
    for request in requests({name: value for name, (value, _) in BAD.items()}):
        answer = await predict(client, "kinds", **request)
        assert answer.status == 422
        assert answer.json == {name: wanted for name, (_, wanted) in BAD.items()}


async def test_text_of_a_wrong_type_is_refused(serve):
    client = await serve("kinds")
    answer = await predict(client, "kinds", json={"str": 5, "strings": ["a", 5], "integers": {}})
    assert answer.json == {
        "str": ["Not a valid string."],
        "strings": {"1": ["Not a valid string."]},
        "integers": ["Not a valid list."],
    }


async def test_raw_values_arrive_as_json_has_them(serve):
    client = await serve("kinds")
    answer = await predict(client, "kinds", json={"raw": {"a": [1, 2.5, None]}, "field": [True]})
    assert answer.predictions == {"raw": "{'a': [1, 2.5, None]}", "field": "[True]"}


async def test_a_list_of_objects_may_come_as_one_json_text(serve):
    client = await serve("kinds")
    answer = await predict(client, "kinds", params={"points": '[{"x": 1}, {"x": 2}]'})
    assert answer.predictions == {"points": "[{'x': 1.0, 'y': 0.0}, {'x': 2.0, 'y': 0.0}]"}


async def test_booleans_may_be_written_in_many_ways(serve):
    client = await serve("kinds")
    for text in ("true", "True", "1", "yes", "on", "t"):
        answer = await predict(client, "kinds", params={"bool": text})
        assert answer.predictions == {"bool": "True"}
    for text in ("false", "False", "0", "no", "off", "f"):
        answer = await predict(client, "kinds", data={"bool": text})
        assert answer.predictions == {"bool": "False"}


async def test_large_documents_are_read_as_small_ones_are(serve):
    client = await serve("kinds")
    numbers = list(range(20_000))
    answer = await predict(client, "kinds", params={"int": "5"}, json={"integers": numbers})
    assert answer.predictions == {"int": "5", "integers": repr(numbers)}
    answer = await predict(client, "kinds", json={"integers": [*numbers, "x"], "str": None})
    assert answer.status == 422
    assert answer.json == {
        "integers": {"20000": ["Not a valid integer."]},
        "str": ["Field may not be null."],
    }
    padding = " " * 100_000
    answer = await predict(client, "kinds", data=f'{{"int": 1,{padding}}}', headers=JSON)
    assert answer.status == 400
    assert "malformed JSON" in answer.message
