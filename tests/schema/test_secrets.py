"""Which arguments are, or have, passwords, and what is said of those that do not fit."""

import pytest
from marshmallow import Schema, fields

from deepaas.schema.secrets import WRONG, concealed, is_secret

SECRET = {"metadata": {"format": "password"}}


class Login(Schema):
    name = fields.Str()
    word = fields.Str(**SECRET)


class Tree(Schema):
    name = fields.Str()
    branches = fields.List(fields.Nested(lambda: Tree()))


class Account(Schema):
    parent = fields.Nested(lambda: Account(exclude=("owner",)))
    owner = fields.Nested(Login)


class Part(Schema):
    whole = fields.Nested(Login)
    name = fields.Nested(Login, only=("name",))


@pytest.mark.parametrize(
    "field",
    [
        fields.Str(**SECRET),
        fields.Nested(Login),
        fields.List(fields.Nested(Login)),
        fields.Dict(values=fields.Str(**SECRET)),
        fields.Dict(keys=fields.Str(**SECRET)),
        fields.Tuple((fields.Int(), fields.Str(**SECRET))),
        fields.Nested(Account),
        fields.Nested(Part),
        fields.Nested(Part, only=("name", "whole.word")),
    ],
)
def test_what_is_or_holds_a_password_is_secret(field):
    assert is_secret(field)


@pytest.mark.parametrize(
    "field",
    [
        fields.Str(),
        fields.List(fields.Int()),
        fields.Nested(Tree),
        fields.Nested(Part, only=("name",)),
    ],
)
def test_others_are_not_however_deep_they_go(field):
    assert not is_secret(field)


def test_what_quotes_a_value_is_not_told():
    messages = {0: ["Not a valid string."], 1: ["'hunter2' is too short."]}
    told = concealed(messages, ["hunter1", "hunter2"])
    assert told == {0: ["Not a valid string."], 1: [WRONG]}


def test_many_wrong_values_take_no_time_that_grows_with_the_square_of_their_number():
    # It would be minutes.
    many = range(100_000)
    told = concealed({one: ["Not a valid string."] for one in many}, list(many))
    assert told == {one: [WRONG] for one in many}
    told = concealed({one: ["Not a valid string."] for one in many}, [True] * len(many))
    assert told[0] == ["Not a valid string."]
