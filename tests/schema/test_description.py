"""Validation, by the one description."""

import pytest
from marshmallow import ValidationError
from webargs import fields

from deepaas.exceptions import InvalidArguments, ModelError
from deepaas.schema.description import Arguments
from deepaas.schema.legacy import describe_arguments

OWNER = "model 'shout', get_predict_args()"


def described(**declared):
    return describe_arguments(declared, OWNER)


def messages(arguments, raw, errors=None):
    with pytest.raises(InvalidArguments) as refused:
        arguments.load(raw, errors)
    return refused.value.messages


def test_arguments_arrive_in_declared_order_whatever_the_callers_order():
    arguments = described(z=fields.Int(), a=fields.Int(load_default=5), m=fields.Int())
    assert list(arguments.load({"m": 1, "z": 2}).items()) == [("z", 2), ("a", 5), ("m", 1)]


def test_unknown_arguments_are_dropped_and_absent_ones_left_out():
    assert described(a=fields.Int(), b=fields.Int()).load({"a": 1, "c": 2}) == {"a": 1}


def test_all_that_does_not_fit_is_said_at_once():
    arguments = described(
        needed=fields.Str(required=True), number=fields.Int(), words=fields.List(fields.Str())
    )
    assert messages(arguments, {"number": "x", "words": ["a", 1]}) == {
        "needed": ["Missing data for required field."],
        "number": ["Not a valid integer."],
        "words": {1: ["Not a valid string."]},
    }


def test_an_argument_that_is_known_to_be_wrong_is_not_looked_at_again():
    arguments = described(a=fields.Int(required=True), b=fields.Int())
    assert messages(arguments, {"b": "x"}, {"a": ["Not a file."]}) == {
        "a": ["Not a file."],
        "b": ["Not a valid integer."],
    }


def test_a_default_made_by_a_function_is_made_for_each_call():
    arguments = described(words=fields.List(fields.Str(), load_default=list))
    first = arguments.load({})["words"]
    first.append("changed")
    assert arguments.load({})["words"] == []


def test_null_is_refused_unless_it_is_allowed():
    arguments = described(a=fields.Int(), b=fields.Int(allow_none=True))
    assert arguments.load({"b": None}) == {"b": None}
    assert messages(arguments, {"a": None}) == {"a": ["Field may not be null."]}


def test_a_field_that_breaks_is_the_models_failure_and_is_named():
    class Broken(fields.Str):
        def _deserialize(self, value, attr, data, **kwargs):
            return value.no_such_method()

    with pytest.raises(ModelError, match=r"get_predict_args\(\): the field of 'it' failed"):
        described(it=Broken()).load({"it": "a"})


def test_a_field_that_cannot_convert_what_was_sent_is_the_callers_failure():
    class Span(fields.Str):
        def _deserialize(self, value, attr, data, **kwargs):
            start, end = value.split(":")
            return int(start), int(end)

    assert described(it=Span()).load({"it": "1:2"}) == {"it": (1, 2)}
    wrong = messages(described(it=Span()), {"it": "1-2"})
    assert wrong == {"it": ["Not a valid value: not enough values to unpack (expected 2, got 1)"]}


def test_a_validator_of_the_models_own_says_what_it_says():
    def even(value):
        if value % 2:
            raise ValidationError("Must be even.")

    assert messages(described(a=fields.Int(validate=even)), {"a": "3"}) == {"a": ["Must be even."]}


def test_the_type_of_the_answer_is_what_accept_was_settled_to():
    assert described(a=fields.Int()).accepted({"a": 1}) == ""
    arguments = described(Accept=fields.Str())
    assert arguments.accepted({"Accept": "image/png"}) == "image/png"
    assert arguments.accepted({}) == ""


def test_no_arguments_are_arguments_too():
    assert Arguments().load({"a": 1}) == {}
    assert len(Arguments()) == 0


def test_a_default_that_a_model_changes_is_the_same_for_the_next_call():
    arguments = described(labels=fields.List(fields.Str(), load_default=["a"]))
    arguments.load({})["labels"].append("b")
    assert arguments.load({}) == {"labels": ["a"]}


def test_a_field_that_exits_ends_nothing():
    class Leaving(fields.Str):
        def _deserialize(self, value, attr, data, **kwargs):
            raise SystemExit(1)

    with pytest.raises(ModelError, match="SystemExit"):
        described(it=Leaving()).load({"it": "a"})
