"""Arguments declared in the ways that old modules have; answers what arrived, in order."""

from marshmallow import Schema, validate
from webargs import fields


class Arguments(Schema):
    """Some modules declare a schema and hand over its fields."""

    class Meta:
        """Names that are no identifiers."""

        include = {  # noqa: RUF012 - this is how marshmallow wants it
            "demo-str": fields.Str(missing="some text"),
            "bbox(N,W,S,E)": fields.List(fields.Float()),
        }

    zeta = fields.Str(missing="z", description="As a keyword.")
    alpha = fields.Int(load_default=1, metadata={"description": "As metadata."})
    made = fields.List(fields.Int(), missing=list)
    absent = fields.Str()
    renamed = fields.Str(data_key="given-name")
    nothing = fields.Str(missing=None)
    mode = fields.Str(enum=["a", "b"], missing="a")
    choice = fields.Str(validate=validate.OneOf(["a", "b"]))
    few = fields.List(fields.Int(validate=validate.Range(max=9)), validate=validate.Length(max=3))


def get_predict_args():
    return Arguments().fields


def predict(**kwargs):
    return list(kwargs.items())


def get_train_args():
    return {"needed": fields.Int(required=True), "also": fields.Str(required=True)}


def train(**kwargs):
    return kwargs
