"""Fails, and says more of the machine that it runs on than anybody should know."""

from pathlib import Path

from webargs import fields


def get_predict_args():
    return {
        "how": fields.Str(load_default="missing"),
        "data": fields.Field(metadata={"type": "file", "location": "form"}),
    }


def predict(how, data=None):
    if how == "missing":
        (Path(__file__).parent / "no such weights.bin").read_bytes()
    if how == "upload":
        raise ValueError(f"cannot identify {data.filename}: it is no image")
    raise ValueError(how)


def get_train_args():
    return {}


def train():
    predict("missing")
