"""A model whose trainings report, go on from checkpoints, and can be put into service."""

import json

from webargs import fields, validate

from deepaas import current_training

served = 0.0


def warm(directory=None):
    global served
    served = load(directory / "weight.json")["weight"] if directory else 0.0


def get_train_args():
    return {
        "epochs": fields.Int(load_default=3, validate=validate.Range(1, 1000)),
        "rate": fields.Float(load_default=0.5),
    }


def train(epochs, rate):
    training = current_training()
    path = training.directory / "weight.json"
    state = load(path) if path.exists() else {"epoch": 0, "weight": 0.0}
    while state["epoch"] < epochs and not training.cancelling:
        state["weight"] += rate * (1.0 - state["weight"])
        state["epoch"] += 1
        save(path, state)
        training.progress(state["epoch"], epochs)
        training.metrics({"loss": (1.0 - state["weight"]) ** 2}, step=state["epoch"])
    return state


def get_predict_args():
    return {"x": fields.Float(required=True)}


def predict(x):
    return served * x


def load(path):
    return json.loads(path.read_text())


def save(path, state):
    part = path.with_suffix(".part")
    part.write_text(json.dumps(state))
    # In one step: a training that is killed meanwhile leaves the last checkpoint whole.
    part.replace(path)
