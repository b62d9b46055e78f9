"""Lists of numbers, validated in one step, are what marshmallow makes of them one by one."""

import copy
import decimal
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from marshmallow import ValidationError, fields, validate

from deepaas.schema.numbers import NumberList, fast_list

numbers = some.integers() | some.floats() | some.integers(-(2**1100), 2**1100)
texts = (
    some.text() | numbers.map(str) | some.sampled_from([" 1 ", "1e3", "1_0", "٣", "nan", "-inf"])
)
items = numbers | texts | some.booleans() | some.none() | some.lists(numbers, max_size=2)
values = (
    some.lists(numbers)
    | some.lists(some.integers())
    | some.lists(some.floats())
    | some.lists(items, max_size=5)
    | items
    | some.dictionaries(texts, numbers)
    | some.lists(numbers).map(tuple)
)
kinds = some.sampled_from([fields.Float, fields.Integer])
many = settings(max_examples=500)


def outcome(field, value):
    """Return the types and values that a field makes, or its messages."""
    try:
        loaded = field.deserialize(copy.deepcopy(value))
    except ValidationError as error:
        return error.messages
    return [(type(one), repr(one)) for one in loaded] if loaded is not None else None


@many
@given(kinds, values)
@example(fields.Float, [1e308] * 2)
@example(fields.Float, [10**400])
@example(fields.Float, [math.inf, -math.inf])
@example(fields.Float, [True, 1.0])
@example(fields.Integer, [1, 1.5, True])
@example(fields.Integer, [])
def test_the_same_is_accepted_and_refused_with_the_same_messages(kind, value):
    plain = fields.List(kind())
    fast = fast_list(fields.List(kind()))
    assert type(fast) is NumberList
    assert outcome(fast, value) == outcome(plain, value)


@many
@given(
    some.sampled_from(
        [
            {"strict": True, "kind": fields.Integer},
            {"allow_nan": True, "kind": fields.Float},
            {"as_string": True, "kind": fields.Float},
        ]
    ),
    values,
)
def test_options_of_the_items_are_kept(options, value):
    options = dict(options)
    kind = options.pop("kind")
    plain = fields.List(kind(**options))
    assert outcome(fast_list(fields.List(kind(**options))), value) == outcome(plain, value)


@given(some.lists(some.floats(-10, 10), max_size=4))
def test_validators_of_the_list_are_kept(value):
    def make():
        return fields.List(
            fields.Float(), required=True, validate=validate.Length(2, 3), allow_none=True
        )

    assert outcome(fast_list(make()), value) == outcome(make(), value)


class Even(fields.Integer):
    pass


class Words(fields.List):
    pass


@pytest.mark.parametrize(
    "field",
    [
        fields.Float(),
        fields.List(fields.Str()),
        fields.List(fields.Decimal()),
        fields.List(Even()),
        Words(fields.Float()),
        fields.List(fields.Float(validate=validate.Range(0, 1))),
        fields.List(fields.Float(allow_none=True)),
        fields.List(fields.List(fields.Float())),
    ],
)
def test_fields_with_rules_of_their_own_go_the_usual_way(field):
    assert fast_list(field) is field


def test_the_field_of_the_model_is_not_changed():
    field = fields.List(fields.Float(), load_default=[1.0])
    fast = fast_list(field)
    assert type(field) is fields.List
    assert fast.load_default == [1.0]


def test_decimals_and_other_numbers_go_the_usual_way():
    fast = fast_list(fields.List(fields.Float()))
    assert fast.deserialize([decimal.Decimal("1.5"), 1]) == [1.5, 1.0]
