"""Can be served from what a training has made."""

import os

from webargs import fields

from deepaas import current_training

_served = {}


def warm(directory=None):
    if directory is None and os.environ.get("NOTHING_OF_ITS_OWN"):
        raise OSError("nothing of its own")
    _served["weight"] = (directory / "weight").read_text() if directory else "the first"
    if _served["weight"] == "broken":
        raise ValueError("the weight is broken")


def predict():
    return _served["weight"]


def get_train_args():
    return {"weight": fields.Str(required=True)}


def train(weight):
    if weight == "failing":
        raise ValueError("no weight")
    (current_training().directory / "weight").write_text(weight)
