"""The description as parameters of Swagger 2.0."""

import datetime
import decimal

import pytest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema
from webargs import fields, validate

from deepaas.schema.legacy import describe_arguments, old_ways_allowed
from deepaas.schema.openapi import ParameterRenderer, consumes, produces

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


FORM = "application/x-www-form-urlencoded"


def described(declared):
    return describe_arguments(declared, "model 'shout', get_predict_args()")


def rendered(declared):
    """Return the parameters of declared arguments."""
    plugin = MarshmallowPlugin()
    APISpec(title="Test", version="1", openapi_version="2.0", plugins=[plugin])
    return ParameterRenderer(plugin).parameters(described(declared))


def one(field):
    """Return the parameter of one argument, without what is the same for all."""
    (parameter,) = rendered({"it": field})
    assert parameter.pop("name") == "it"
    return parameter


class Point(Schema):
    x = fields.Float()


with old_ways_allowed():
    FIELDS = [
        (fields.Str(), {"type": "string"}),
        (fields.Str(missing="a"), {"type": "string", "default": "a"}),
        (fields.Str(description="Say"), {"type": "string", "description": "Say"}),
        (fields.Str(enum=["a", "b"]), {"type": "string", "enum": ["a", "b"]}),
        (fields.Str(validate=validate.OneOf(("a",))), {"type": "string", "enum": ["a"]}),
        (
            fields.Str(validate=validate.Length(1, 5)),
            {"type": "string", "minLength": 1, "maxLength": 5},
        ),
        (fields.Str(validate=validate.Regexp("^a")), {"type": "string", "pattern": "^a"}),
        (fields.Int(missing=3), {"type": "integer", "default": 3}),
        (
            fields.Int(validate=validate.Range(1, 9)),
            {"type": "integer", "minimum": 1, "maximum": 9},
        ),
        (fields.Float(missing=0.5), {"type": "number", "default": 0.5}),
        (
            fields.Float(validate=validate.Range(0, 1, max_inclusive=False)),
            {"type": "number", "minimum": 0, "maximum": 1, "exclusiveMaximum": True},
        ),
        (fields.Bool(missing=False), {"type": "boolean", "default": False}),
        (fields.Date(), {"type": "string", "format": "date"}),
        (
            fields.Date(missing=datetime.date(2024, 2, 29)),
            {"type": "string", "format": "date", "default": "2024-02-29"},
        ),
        (
            fields.Date(missing="2024-02-29"),
            {"type": "string", "format": "date", "default": "2024-02-29"},
        ),
        (fields.DateTime(), {"type": "string", "format": "date-time"}),
        (fields.Url(), {"type": "string", "format": "url"}),
        (fields.UUID(), {"type": "string", "format": "uuid"}),
        (fields.Raw(), {"type": "string"}),
        (fields.Field(), {"type": "string"}),
        (fields.Dict(), {"type": "string", "format": "json"}),
        (
            fields.Dict(missing={"a": 1}),
            {"type": "string", "format": "json", "default": '{"a":1}'},
        ),
        (fields.Nested(Point), {"type": "string", "format": "json"}),
        (
            fields.List(fields.Float(), missing=[1.5]),
            {
                "type": "array",
                "items": {"type": "number"},
                "collectionFormat": "multi",
                "default": [1.5],
            },
        ),
        (
            fields.List(fields.Str(validate=validate.OneOf(["a"]))),
            {
                "type": "array",
                "items": {"type": "string", "enum": ["a"]},
                "collectionFormat": "multi",
            },
        ),
        (
            fields.List(fields.Str(), validate=validate.ContainsOnly(["a", "b"])),
            {
                "type": "array",
                "items": {"type": "string", "enum": ["a", "b"]},
                "collectionFormat": "multi",
            },
        ),
        (
            fields.Str(missing=False, enum=[True, False]),
            {"type": "string", "enum": ["True", "False"], "default": "False"},
        ),
        (fields.Float(missing=float("inf"), allow_nan=True), {"type": "number"}),
        (fields.Nested(Point, many=True), {"type": "string", "format": "json"}),
        (
            fields.Tuple([fields.Int(), fields.Int()]),
            {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 2,
                "maxItems": 2,
                "collectionFormat": "multi",
            },
        ),
        (
            fields.DelimitedList(fields.Str(), missing=["a", "b"]),
            {
                "type": "array",
                "items": {"type": "string"},
                "collectionFormat": "csv",
                "default": ["a", "b"],
            },
        ),
        (fields.Decimal(missing=decimal.Decimal("1.5")), {"type": "number", "default": 1.5}),
        (
            fields.DelimitedList(fields.Int()),
            {"type": "array", "items": {"type": "integer"}, "collectionFormat": "csv"},
        ),
        (fields.Str(missing=lambda: "made"), {"type": "string"}),
    ]


@pytest.mark.parametrize(("field", "wanted"), FIELDS)
def test_each_kind_of_field_is_a_parameter_that_says_what_it_takes(field, wanted):
    assert one(field) == {"in": "query", "required": False, **wanted}


def test_a_file_is_a_form_parameter_of_type_file():
    field = fields.Field(required=True, type="file", location="form", description="A picture")
    assert one(field) == {
        "in": "formData",
        "required": True,
        "type": "file",
        "description": "A picture",
    }


@pytest.mark.parametrize(
    ("location", "place"),
    [("query", "query"), ("form", "formData"), ("headers", "header")],
)
def test_an_argument_is_where_it_is_declared(location, place):
    assert one(fields.Str(location=location))["in"] == place


def test_an_argument_that_only_the_query_can_hold_says_so():
    assert one(fields.Str(location="query"))["x-location"] == "query"
    assert "x-location" not in one(fields.Str())


def test_a_list_in_a_header_is_one_text_with_commas():
    assert one(fields.List(fields.Str(), location="headers"))["collectionFormat"] == "csv"


def test_cookies_have_no_place_in_swagger_2():
    declared = {"a": fields.Str(location="cookies"), "b": fields.Str()}
    assert [parameter["name"] for parameter in rendered(declared)] == ["b"]


def test_arguments_of_the_document_are_one_body_after_the_others_in_declared_order():
    parameters = rendered(
        {
            "b": fields.Int(location="json", required=True),
            "z": fields.Int(),
            "a": fields.Str(location="json"),
            "y": fields.Int(),
        }
    )
    assert [parameter["name"] for parameter in parameters] == ["z", "y", "body"]
    body = parameters[-1]
    assert (body["in"], body["required"]) == ("body", True)
    assert list(body["schema"]["properties"]) == ["b", "a"]
    assert body["schema"]["required"] == ["b"]


def test_a_body_never_stands_beside_a_form():
    parameters = rendered({"a": fields.Int(location="json"), "f": fields.Field(type="file")})
    assert [parameter["in"] for parameter in parameters] == ["formData"]


def test_accept_offers_anything_beside_its_choices():
    accept = fields.Str(location="headers", validate=validate.OneOf(["image/png", "*/*"]))
    assert one(accept)["enum"] == ["image/png", "*/*"]
    assert produces(described({"accept": accept})) == ["image/png", "*/*"]
    assert produces(described({"Accept": fields.Str()})) == ["application/json", "*/*"]
    assert produces(described({})) == ["application/json"]


@pytest.mark.parametrize(
    ("declared", "types"),
    [
        ({"a": fields.Int()}, ["application/json", FORM, "multipart/form-data"]),
        ({"a": fields.Raw(metadata={"type": "file"})}, ["multipart/form-data"]),
        (
            {"a": fields.Int(metadata={"location": "form"})},
            [FORM, "multipart/form-data"],
        ),
        ({"a": fields.Int(metadata={"location": "json"})}, ["application/json"]),
    ],
)
def test_bodies_are_taken_in_the_types_that_can_hold_the_arguments(declared, types):
    assert consumes(described(declared)) == types
