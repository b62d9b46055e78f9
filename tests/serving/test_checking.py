"""What a model answers, compared with what it declares."""

import datetime

import pytest
from marshmallow import Schema, fields

from deepaas.schema.description import Description
from deepaas.serving.checking import check_of
from deepaas.serving.encoding import to_json


class Shape(Schema):
    label = fields.Str(required=True)
    day = fields.Date()


def check(schema, result):
    """Hold a result against a schema."""
    check_of(Description("any", None, None, schema))(result, to_json(result))


@pytest.mark.parametrize("day", ["2024-02-29", datetime.date(2024, 2, 29)])
def test_what_fits_as_it_is_or_once_it_is_json_passes(day):
    check(Shape(), {"label": "cat", "day": day})


@pytest.mark.parametrize(
    ("result", "named"),
    [
        ({}, "'label': \\['Missing data"),
        ({"label": 5}, "'label': \\['Not a valid string"),
        ({"label": "cat", "more": 1}, "'more': \\['Unknown field"),
        ([1], "Invalid input type"),
        ("text", "Invalid input type"),
    ],
)
def test_what_does_not_follow_the_schema_is_refused_with_its_place(result, named):
    with pytest.raises(ValueError, match=named):
        check(Shape(), result)


def test_a_schema_that_raises_is_a_refusal_too():
    class Raising(Schema):
        label = fields.Str(validate=lambda value: value / 0)

    with pytest.raises(ValueError, match="TypeError"):
        check(Raising(), {"label": "cat"})


def test_nothing_is_checked_where_nothing_is_declared_and_hints_only_for_those_who_debug():
    hinted = Description("any", None, None, None, fields.Int())
    assert check_of(Description("any", None, None), debugs=True) is None
    assert check_of(hinted) is None
    with pytest.raises(ValueError, match="return hint: \\['Not a valid integer"):
        check_of(hinted, debugs=True)("a", b'"a"')
