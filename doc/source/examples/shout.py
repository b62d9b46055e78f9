"""The smallest model that is of any use."""

from webargs import fields, validate


def get_metadata():
    return {"name": "shout", "author": "me", "version": "1.0"}


def get_predict_args():
    return {
        "text": fields.Str(required=True, metadata={"description": "What to say"}),
        "times": fields.Int(load_default=1, validate=validate.Range(1, 10)),
    }


def predict(text, times):
    return " ".join([text.upper() + "!"] * times)
