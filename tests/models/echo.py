"""Answers its arguments; ``how`` says in which form."""

import io

from webargs import fields, validate


def get_metadata():
    return {"name": "echo", "author": "the tests", "version": "1"}


def get_predict_args():
    return {
        "text": fields.Str(missing="hello", description="Any text."),
        "number": fields.Int(missing=1, validate=validate.Range(1, 10)),
        "factor": fields.Float(),
        "values": fields.List(fields.Float()),
        "flag": fields.Bool(missing=False),
        "mode": fields.Str(enum=["a", "b"]),
        "settings": fields.Dict(),
        "how": fields.Str(missing="json"),
        "data": fields.Field(type="file", location="form"),
        "accept": fields.Str(
            location="headers",
            missing="application/json",
            validate=validate.OneOf(["application/json", "image/png", "text/plain"]),
        ),
    }


def predict(**kwargs):
    content = b""
    if "data" in kwargs:
        with open(kwargs["data"].filename, "rb") as file:
            content = file.read()
    return {
        "json": lambda: {name: value for name, value in kwargs.items() if name != "data"},
        "file": lambda: list(kwargs["data"]),
        "size": lambda: len(content),
        "bytes": lambda: content or b"bytes",
        "stream": lambda: io.BytesIO(content or b"stream"),
        "open": lambda: open(kwargs["data"].filename, "rb"),
        "text": lambda: kwargs["text"],
    }[kwargs["how"]]()


def get_train_args():
    return {
        "seconds": fields.Float(missing=0.0),
        "data": fields.Field(type="file", location="form"),
    }


def train(seconds, **kwargs):
    import time

    time.sleep(seconds)
    return {"slept": seconds}
