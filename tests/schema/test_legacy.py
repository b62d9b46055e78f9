"""Old-style fields become the description."""

import pytest
from marshmallow import Schema, missing, validate
from webargs import fields

from deepaas.exceptions import InvalidArguments
from deepaas.schema.legacy import describe_arguments, old_ways_allowed

OWNER = "model 'shout', get_predict_args()"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def described(**declared):
    return describe_arguments(declared, OWNER)


def one(field):
    """Return the description of a single argument."""
    (argument,) = described(it=field)
    return argument


with old_ways_allowed():
    ABSENT = [
        (fields.Str(), False, missing),
        (fields.Str(required=True), True, missing),
        (fields.Str(missing="a"), False, "a"),
        (fields.Str(load_default="a"), False, "a"),
        (fields.Str(missing=None), False, None),
        (fields.List(fields.Int(), missing=list), False, []),
    ]


@pytest.mark.parametrize(
    ("field", "required", "default"),
    ABSENT,
)
def test_what_an_absent_argument_becomes(field, required, default):
    argument = one(field)
    assert (argument.required, argument.default) == (required, default)
    assert argument.has_default is (default is not missing)


with old_ways_allowed():
    PLACED = [
        (fields.Str(), ("query", "form", "json")),
        (fields.Str(location="query"), ("query",)),
        (fields.Str(location="querystring"), ("query",)),
        (fields.Str(metadata={"location": "json"}), ("json",)),
        (fields.Str(location="form"), ("form",)),
        (fields.Str(location="headers"), ("headers",)),
        (fields.Str(location="cookies"), ("cookies",)),
        (fields.Field(type="file"), ("form",)),
        (fields.Field(type="file", location="files"), ("form",)),
        (fields.List(fields.Str(location="json")), ("json",)),
    ]


@pytest.mark.parametrize(
    ("field", "places"),
    PLACED,
)
def test_where_an_argument_is_looked_for(field, places):
    assert one(field).places == places


with old_ways_allowed():
    KINDS = [
        (fields.Str(), False, False, False),
        (fields.List(fields.Str()), False, True, False),
        (fields.DelimitedList(fields.Str()), False, False, False),
        (fields.Tuple((fields.Str(), fields.Int())), False, True, False),
        (fields.Field(type="file"), True, False, False),
        (fields.Raw(metadata={"type": "file"}), True, False, False),
        (fields.List(fields.Field(type="file")), True, True, False),
        (fields.List(fields.Field(), type="file"), True, True, False),
        (fields.Dict(), False, False, True),
        (fields.Nested(Schema), False, False, True),
        (fields.Nested({"a": fields.Int()}), False, False, True),
        (fields.List(fields.Dict()), False, True, True),
    ]


@pytest.mark.parametrize(
    ("field", "is_file", "is_list", "is_mapping"),
    KINDS,
)
def test_what_kind_of_argument_it_is(field, is_file, is_list, is_mapping):
    argument = one(field)
    assert (argument.is_file, argument.is_list, argument.is_mapping) == (
        is_file,
        is_list,
        is_mapping,
    )


with old_ways_allowed():
    OFFERING = [
        (fields.Str(), ()),
        (fields.Str(enum=["a", "b"]), ("a", "b")),
        (fields.Str(metadata={"enum": ("a", "b")}), ("a", "b")),
        (fields.Str(validate=validate.OneOf(["a"]), enum=["a", "b"]), ("a",)),
        (fields.Str(validate=[validate.Length(1), validate.OneOf(("a", "b"))]), ("a", "b")),
        (fields.List(fields.Str(validate=validate.OneOf(["a"]))), ("a",)),
        (fields.Str(enum="letters"), ()),
    ]


@pytest.mark.parametrize(
    ("field", "choices"),
    OFFERING,
)
def test_which_values_are_offered(field, choices):
    assert one(field).choices == choices


def test_choices_in_enum_are_not_enforced_but_those_of_a_validator_are():
    arguments = described(
        documented=fields.Str(enum=["a"]), validated=fields.Str(validate=validate.OneOf(["a"]))
    )
    assert arguments.load({"documented": "b"}) == {"documented": "b"}
    with pytest.raises(InvalidArguments) as refused:
        arguments.load({"validated": "b"})
    assert refused.value.messages == {"validated": ["Must be one of: a."]}


def test_the_words_of_the_author():
    for field in (fields.Str(description="Say"), fields.Str(metadata={"description": "Say"})):
        assert one(field).description == "Say"


def test_data_key_is_what_callers_say_and_the_name_is_what_the_model_gets():
    arguments = described(scale=fields.Int(data_key="scale-factor"))
    assert arguments[0].key == "scale-factor"
    assert arguments.load({"scale-factor": "3", "scale": "5"}) == {"scale": 3}


class Declared(Schema):
    b = fields.Int(load_default=1)
    a = fields.Str(required=True)


@pytest.mark.parametrize("declared", [Declared, Declared(), Declared().fields])
def test_schemas_and_their_fields_are_taken_as_mappings_of_fields(declared):
    arguments = describe_arguments(declared, OWNER)
    assert [argument.name for argument in arguments] == ["b", "a"]
    assert arguments.load({"a": "x"}) == {"b": 1, "a": "x"}


class Shouted(fields.Str):
    """A field of a model's own."""

    def _deserialize(self, value, attr, data, **kwargs):
        return super()._deserialize(value, attr, data, **kwargs).upper()


class Filled(fields.Str):
    """A field that says for itself what an absent value becomes."""

    def deserialize(self, value, attr=None, data=None, **kwargs):
        return "filled" if value is missing else super().deserialize(value, attr, data, **kwargs)


def test_fields_of_a_models_own_do_as_they_do():
    arguments = described(loud=Shouted(), filled=Filled())
    assert arguments.load({"loud": "a"}) == {"loud": "A", "filled": "filled"}


def test_one_field_can_stand_for_several_arguments():
    shared = fields.Int(missing=1)
    assert described(a=shared, b=shared).load({"b": "2"}) == {"a": 1, "b": 2}
