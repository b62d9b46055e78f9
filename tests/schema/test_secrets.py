"""Which arguments are, or have, passwords."""

import pytest
from marshmallow import Schema, fields

from deepaas.schema.secrets import is_secret

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
    ],
)
def test_what_is_or_holds_a_password_is_secret(field):
    assert is_secret(field)


@pytest.mark.parametrize(
    "field", [fields.Str(), fields.List(fields.Int()), fields.Nested(Tree), fields.Dict()]
)
def test_others_are_not_however_deep_they_go(field):
    assert not is_secret(field)
