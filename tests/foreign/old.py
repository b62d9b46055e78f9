"""A model of the old style, which the clients of others ask: fields, and a dict as answer."""

from webargs import fields


def get_metadata():
    return {"name": "old", "version": "2"}


def get_predict_args():
    return {
        "text": fields.Str(missing="hello"),
        "number": fields.Int(missing=1),
        "tags": fields.List(fields.Str(), missing=[]),
    }


def predict(text, number, tags):
    return {"said": [text] * number, "tags": {"all": tags}}
