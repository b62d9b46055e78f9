"""Arguments of which the document says all that is validated."""

from marshmallow import Schema
from webargs import fields, validate


class Point(Schema):
    """A place in a picture."""

    x = fields.Float(required=True, validate=validate.Range(0, 100))
    y = fields.Float(load_default=0.0)


class Answer(Schema):
    """What predict answers."""

    label = fields.Str(required=True)
    score = fields.Float(required=True)


schema = Answer


def get_metadata():
    return {"name": "described", "keywords": ["a", "b"]}


def get_predict_args():
    return {
        "text": fields.Str(required=True, validate=validate.Length(1, 10)),
        "word": fields.Str(missing="foo", validate=validate.OneOf(["foo", "bar"])),
        "number": fields.Int(required=True, validate=validate.Range(1, 10)),
        "factor": fields.Float(validate=validate.Range(0, 1)),
        "flag": fields.Bool(missing=False),
        "values": fields.List(fields.Float(), validate=validate.Length(max=3)),
        "day": fields.Date(),
        "moment": fields.DateTime(),
        "identifier": fields.UUID(),
        "settings": fields.Dict(),
        "point": fields.Nested(Point, location="json", required=True),
    }


def predict(word, **kwargs):
    return {"label": word, "score": 0.5}


def get_train_args():
    return {"rate": fields.Float(missing=0.1, validate=validate.Range(0, 1))}


def train(rate):
    return {"rate": rate}
