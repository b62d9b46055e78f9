"""What came with a request becomes keyword arguments."""

import pytest
from multidict import CIMultiDict, MultiDict
from webargs import fields, validate

from deepaas.exceptions import InvalidArguments
from deepaas.files import UploadedFile
from deepaas.schema.legacy import describe_arguments
from deepaas.schema.numbers import Array
from deepaas.schema.parsing import NOT_A_FILE, Received, parse

FILE = UploadedFile("data", "/somewhere/1", "image/png", "a.png")
ACCEPT = ["application/json", "image/png"]


def read(declared, query=(), form=(), body=b"", headers=()):
    """Return the keyword arguments for a request with these parts."""
    received = Received(
        query=MultiDict(query), form=MultiDict(form), body=body, headers=CIMultiDict(headers)
    )
    return parse(describe_arguments(declared, "shout"), received)


def refused(declared, **parts):
    with pytest.raises(InvalidArguments) as error:
        read(declared, **parts)
    return error.value.messages


def located(place, field=fields.Str, **options):
    return field(metadata={"location": place}, **options)


def test_the_query_comes_before_the_form_and_that_before_json():
    declared = {name: fields.Str() for name in "abc"}
    assert read(
        declared,
        query=[("a", "query")],
        form=[("a", "form"), ("b", "form")],
        body=b'{"a": "json", "b": "json", "c": "json"}',
    ) == {"a": "query", "b": "form", "c": "json"}


def test_an_argument_with_a_place_is_looked_for_there_alone():
    declared = {"q": located("query"), "f": located("form"), "j": located("json")}
    document = b'{"q": "json", "f": "json", "j": "json"}'
    assert read(declared, query=[("f", "query"), ("j", "query")], body=document) == {"j": "json"}


def test_headers_are_found_whatever_their_case():
    assert read({"x-token": located("headers")}, headers=[("X-Token", "a")]) == {"x-token": "a"}


def test_a_scalar_takes_the_first_value_and_a_list_takes_all():
    declared = {"one": fields.Int(), "several": fields.List(fields.Int())}
    pairs = [("one", "1"), ("one", "2"), ("several", "3"), ("several", "4")]
    assert read(declared, query=pairs) == {"one": 1, "several": [3, 4]}
    assert read(declared, form=pairs) == {"one": 1, "several": [3, 4]}


@pytest.mark.parametrize(
    ("item", "texts", "wanted"),
    [
        (fields.Int, ["[1, 2]"], [1, 2]),
        (fields.Int, [" []"], []),
        (fields.Int, ["[1", "2]"], None),
        (fields.Int, ["[1]", "[2]"], None),
        (fields.Str, ['["a", "b"]'], ["a", "b"]),
        # What is no list of texts is one text.
        (fields.Str, ["[1, 2]"], ["[1, 2]"]),
        (fields.Str, ["[draft]"], ["[draft]"]),
        (fields.Str, ["(a)"], ["(a)"]),
        (fields.Str, ['["a"]', "b"], ['["a"]', "b"]),
    ],
)
def test_a_list_may_be_json_text_as_a_whole(item, texts, wanted):
    declared = {"it": fields.List(item())}
    pairs = [("it", text) for text in texts]
    if wanted is None:
        assert "it" in refused(declared, query=pairs)
    else:
        assert read(declared, query=pairs) == {"it": wanted}
        assert read(declared, form=pairs) == {"it": wanted}


@pytest.mark.parametrize(("document", "wanted"), [(b"3", [3]), (b'"3"', [3]), (b"[3, 4]", [3, 4])])
def test_a_single_value_in_json_stands_for_a_list_of_one(document, wanted):
    declared = {"several": fields.List(fields.Int())}
    assert read(declared, body=b'{"several": ' + document + b"}") == {"several": wanted}


def test_null_and_objects_are_no_list():
    declared = {"several": fields.List(fields.Int())}
    assert refused(declared, body=b'{"several": {}}') == {"several": ["Not a valid list."]}
    assert refused(declared, body=b'{"several": null}') == {"several": ["Field may not be null."]}


def test_objects_may_come_as_json_text():
    declared = {
        "options": fields.Dict(),
        "point": fields.Nested({"x": fields.Float(required=True)}),
        "points": fields.List(fields.Dict()),
    }
    pairs = [("options", '{"a": [1]}'), ("point", '{"x": 1}'), ("points", "{}"), ("points", "{}")]
    wanted = {"options": {"a": [1]}, "point": {"x": 1.0}, "points": [{}, {}]}
    assert read(declared, query=pairs) == wanted
    whole = [*pairs[:2], ("points", "[{}, {}]")]
    assert read(declared, form=whole) == wanted
    assert refused(declared, query=[("options", "{")]) == {"options": ["Not a valid mapping type."]}


def test_files_come_as_files_and_as_nothing_else():
    declared = {
        "data": fields.Raw(metadata={"type": "file"}),
        "more": fields.List(fields.Raw(), metadata={"type": "file"}),
    }
    form = [("data", FILE), ("more", FILE), ("more", FILE)]
    assert read(declared, form=form) == {"data": FILE, "more": [FILE, FILE]}
    assert refused(declared, form=[("data", "text"), ("more", FILE), ("more", "text")]) == {
        "data": [NOT_A_FILE],
        "more": {"1": [NOT_A_FILE]},
    }
    assert refused(declared, query=[("data", "text")]) == {"data": [NOT_A_FILE]}
    assert refused(declared, body=b'{"data": "text"}') == {"data": [NOT_A_FILE]}


def test_a_missing_file_is_missing():
    declared = {"data": fields.Raw(required=True, metadata={"type": "file"})}
    assert refused(declared) == {"data": ["Missing data for required field."]}


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"null", b"1"])
def test_a_document_must_be_an_object(body):
    assert refused({"a": fields.Int()}, body=body) == {"_schema": ["Invalid input type."]}


@pytest.mark.parametrize("digits", ["18446744073709551617", "-9223372036854775809", "9" * 300])
def test_integers_keep_their_digits(digits):
    declared = {"number": fields.Int(), "numbers": fields.List(fields.Int()), "any": fields.Raw()}
    number = int(digits)
    for name, shape in (("number", "{}"), ("numbers", "[{}]"), ("any", '{{"a": [1.5, {}]}}')):
        body = f'{{"{name}": {shape.format(digits)}}}'.encode()
        wanted = {"number": number, "numbers": [number], "any": {"a": [1.5, number]}}[name]
        assert read(declared, body=body) == {name: wanted}


def declared_accept(place=None, **options):
    metadata = {} if place is None else {"location": place}
    return {
        "accept": fields.Str(metadata=metadata, validate=validate.OneOf(ACCEPT), **options),
    }


@pytest.mark.parametrize(
    ("declared", "query", "header", "wanted"),
    [
        (declared_accept("headers", load_default=ACCEPT[1]), "", "", "image/png"),
        (declared_accept("headers", load_default=ACCEPT[1]), "", "*/*", "image/png"),
        (declared_accept("headers"), "", "*/*", "application/json"),
        (declared_accept("headers"), "", "image/*;q=0.5, video/mp4", "image/png"),
        (declared_accept("headers"), "application/json", "image/png", "image/png"),
        # Declared as an ordinary argument, it is given as one, or else by a header that names it.
        (declared_accept(), "image/png", "application/json", "image/png"),
        (declared_accept(), "", "image/png", "image/png"),
        (declared_accept(load_default=ACCEPT[0]), "", "video/mp4", "application/json"),
        (declared_accept(load_default=ACCEPT[0]), "*/*", "", "application/json"),
    ],
)
def test_the_content_type_is_settled_to_one_of_those_offered(declared, query, header, wanted):
    arguments = read(
        declared,
        query=[("accept", query)] if query else [],
        headers=[("Accept", header)] if header else [],
    )
    assert arguments == {"accept": wanted}


def test_several_accept_headers_are_one_list():
    headers = [("Accept", "video/mp4"), ("Accept", "image/png")]
    assert read(declared_accept("headers"), headers=headers) == {"accept": "image/png"}


def test_what_is_not_offered_is_refused_with_the_choices():
    assert refused(declared_accept("headers"), headers=[("Accept", "video/mp4")]) == {
        "accept": ["Must be one of: application/json, image/png."]
    }


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["[1, 2]"], [[1, 2]]),
        (["[1, 2]", "[3]"], [[1, 2], [3]]),
        (["[[1, 2], [3]]"], [[1, 2], [3]]),
        (["[]"], [[]]),
    ],
)
def test_lists_of_lists_come_as_json_each_or_as_a_whole(texts, value):
    declared = {"rows": fields.List(fields.List(fields.Int()))}
    assert read(declared, query=[("rows", text) for text in texts]) == {"rows": value}


@pytest.mark.parametrize(
    ("texts", "value"), [(["[1, 2]"], [1, 2]), (["1", "2"], [1, 2]), (["[1]", "[2]"], [[1], [2]])]
)
def test_an_array_comes_as_json_or_by_items(texts, value):
    sent = [("vector", text) for text in texts]
    assert read({"vector": Array()}, form=sent) == {"vector": value}
