"""A model that is trained over the API and keeps what it has learnt in a file."""

import json
import os
from pathlib import Path

from webargs import fields, validate

STATE = Path(os.environ.get("TRAINABLE_STATE", "trainable.json"))


def warm():
    if not STATE.exists():
        save(0.0)


def get_train_args():
    return {
        "epochs": fields.Int(load_default=3, validate=validate.Range(1, 1000)),
        "rate": fields.Float(load_default=0.5),
    }


def train(epochs, rate):
    weight = load()
    for epoch in range(epochs):
        weight += rate * (1.0 - weight)
        print(f"epoch {epoch}: {weight}")
    save(weight)
    return {"weight": weight}


def get_predict_args():
    return {"x": fields.Float(required=True)}


def predict(x):
    return load() * x


def load():
    return json.loads(STATE.read_text())


def save(weight):
    part = STATE.with_suffix(".part")
    part.write_text(json.dumps(weight))
    # In one step: a prediction that reads meanwhile sees the old file or the new one.
    part.replace(STATE)
