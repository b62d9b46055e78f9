"""Is told secrets, and has fields that quote what is wrong with them."""

from marshmallow import Schema, validate
from webargs import fields

PASSWORD = {"format": "password"}


class Number(fields.Field):
    """A field that leaves it to Python to complain."""

    def _deserialize(self, value, attr, data, **kwargs):
        return int(value)


class Broken(fields.Str):
    """A field whose author has made a mistake."""

    def _deserialize(self, value, attr, data, **kwargs):
        raise KeyError(value)


class Login(Schema):
    """A secret within an argument."""

    user = fields.Str()
    key = fields.Str(metadata=PASSWORD)


QUOTING = validate.Regexp("[a-z]+$", error="{input} is no key")


def get_predict_args():
    return {
        "quoting": fields.Str(load_default="", metadata=PASSWORD, validate=QUOTING),
        "number": Number(load_default=0, metadata=PASSWORD),
        "broken": Broken(load_default="", metadata=PASSWORD),
        "several": fields.List(Number(metadata=PASSWORD), load_default=list),
        "login": fields.Nested(Login, load_default=dict),
    }


def predict(**secrets):
    return "nothing"


def get_train_args():
    return {
        "key": fields.Str(load_default="", metadata=PASSWORD),
        "login": fields.Nested(Login),
        "fail": fields.Bool(load_default=False),
    }


def train(key, fail, login=None):
    if fail:
        raise ValueError("it fails as it was told to")
    return {"length": len(key)}
