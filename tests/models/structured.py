"""Models whose answers follow a schema."""

import datetime

from marshmallow import Schema, ValidationError, validates
from webargs import fields

ANSWERS = {
    "right": {"label": "cat", "scores": [0.5, 0.5], "day": "2024-02-29"},
    "date": {"label": "cat", "scores": [], "day": datetime.date(2024, 2, 29)},
    "wrong": {"label": 5, "scores": ["high"], "more": 1},
    "list": [{"label": "cat"}],
}


class Model:
    """Answers one of the above."""

    def get_predict_args(self):
        return {
            "what": fields.Str(missing="right"),
            "accept": fields.Str(location="headers", missing="application/json"),
        }

    def predict(self, what, accept):
        return b"cat" if accept == "text/plain" else ANSWERS[what]


class Dictionary(Model):
    """The schema is a dict of fields."""

    schema = {  # noqa: RUF012 - this is how models have it
        "label": fields.Str(required=True),
        "scores": fields.List(fields.Float()),
        "day": fields.Date(),
    }


class Answer(Schema):
    """A schema with a validator of its own."""

    label = fields.Str(required=True)
    scores = fields.List(fields.Float(), description="One for each label.")
    day = fields.Date()

    @validates("scores")
    def add_up(self, value, **_):
        if value and sum(value) != 1:
            raise ValidationError("They do not add up to 1.")


class Class(Model):
    """The schema is a class."""

    schema = Answer
