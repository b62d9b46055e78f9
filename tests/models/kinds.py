"""Arguments of every kind that models use; answers what Python values they became."""

from marshmallow import Schema, ValidationError
from webargs import fields


class Even(fields.Int):
    """A field of the model's own."""

    def _deserialize(self, value, attr, data, **kwargs):
        number = super()._deserialize(value, attr, data, **kwargs)
        if number % 2:
            raise ValidationError("Not an even number.")
        return number


class Broken(fields.Str):
    """A field whose author has made a mistake."""

    def _deserialize(self, value, attr, data, **kwargs):
        return value.reversed()


class Point(Schema):
    """A nested argument."""

    x = fields.Float(required=True)
    y = fields.Float(load_default=0.0)


def get_predict_args():
    return {
        "str": fields.Str(),
        "field": fields.Field(),
        "int": fields.Int(),
        "bool": fields.Bool(),
        "float": fields.Float(),
        "strings": fields.List(fields.Str()),
        "integers": fields.List(fields.Int()),
        "url": fields.Url(),
        "raw": fields.Raw(),
        "date": fields.Date(),
        "datetime": fields.DateTime(),
        "dict": fields.Dict(),
        "nested": fields.Nested(Point),
        "points": fields.List(fields.Nested(Point)),
        "uuid": fields.UUID(),
        "even": Even(),
        "broken": Broken(),
    }


def predict(**kwargs):
    return {name: repr(value) for name, value in kwargs.items()}
