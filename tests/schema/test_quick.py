"""Quick validation accepts and refuses what marshmallow does, in its words."""

import math

import marshmallow as ma
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields, validate

from deepaas.schema.quick import deserializer


class Doubled(fields.Integer):
    """A field of a model's own."""

    def _deserialize(self, value, attr, data, **kwargs):
        return 2 * super()._deserialize(value, attr, data, **kwargs)


def refuse_seven(value):
    return value != 7


def only_a_validation_error_counts(value):
    if value == 3:
        raise ma.ValidationError("not three")


FIELDS = [
    fields.Integer(),
    fields.Integer(strict=True),
    fields.Integer(allow_none=True),
    fields.Integer(validate=validate.Range(-2, 8, max_inclusive=False)),
    fields.Integer(validate=[refuse_seven, only_a_validation_error_counts]),
    fields.Integer(validate=validate.OneOf([1, 2]), error_messages={"invalid": "whole, please"}),
    fields.Float(),
    fields.Float(allow_nan=True),
    fields.Float(validate=validate.Range(min=0)),
    fields.String(),
    fields.String(validate=validate.OneOf(["a", "b"])),
    fields.String(validate=validate.Length(max=2), allow_none=True),
    fields.Boolean(),
    Doubled(),
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 10),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.sampled_from(["3", " 7 ", "1.5", "1e400", "nan", "-inf", "1_0", "٣", "9" * 5000, "a", ""]),
    st.lists(st.integers(), max_size=2),
)


def outcome(deserialize, value):
    try:
        result = deserialize(value, "key", {})
    except ma.ValidationError as error:
        return "refused", error.messages
    if isinstance(result, float) and math.isnan(result):
        return "nan"
    return type(result), result


@pytest.mark.filterwarnings("ignore:Returning `False` from a validator")
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: type(field).__name__)
def test_values_are_accepted_and_refused_as_by_the_field(field):
    @given(VALUES)
    def same(value):
        assert outcome(deserializer(field), value) == outcome(field.deserialize, value)

    same()


def test_what_a_validator_raises_is_passed_on():
    def broken(value):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deserializer(fields.Integer(validate=broken))("1", "key", {})
