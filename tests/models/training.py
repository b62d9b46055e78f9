"""Trains as it is told: waits at named pipes, fails, or answers what is no JSON."""

import os
import sys
import time

from tqdm import tqdm
from webargs import fields

from deepaas import current_training
from tests.pipes import tell, wait


def get_predict_args():
    return {}


def predict():
    return os.getpid()


def get_train_args():
    return {
        "how": fields.Str(missing="answer"),
        "reached": fields.Str(),
        "go_on": fields.Str(),
        "day": fields.Date(),
        "data": fields.Field(type="file", location="form"),
    }


def listen(reached, ignore):
    """Tell that one asks, and ask until one is to end."""
    training = current_training()
    while not training.cancelling:
        if reached:
            tell(reached, "asking")
            reached = None
        time.sleep(0.01)
    while ignore:
        time.sleep(1)
    (training.directory / "saved").write_text("in time")


def report():
    """Report, print and make something."""
    training = current_training()
    print("printed")
    for step in (1, 2, 3):
        training.progress(step, 3)
        training.metrics({"loss": 1 / step, "odd": float("nan")}, step=step)
    (training.directory / "weights").write_text("heavy")
    sys.stderr.write("complained")


def train(how, reached=None, go_on=None, **kwargs):
    if how == "checkpoint":
        current_training().directory.joinpath("checkpoint").write_text("a checkpoint")
    if reached:
        tell(reached, os.getpid())
    if go_on:
        wait(go_on)
    if how == "raise":
        raise ValueError("the loss is NaN")
    if how == "exit":
        os._exit(3)
    if how == "sys_exit":
        sys.exit(3)
    if how == "object":
        return {"model": object()}
    if how in ("listen", "ignore"):
        return listen(reached, ignore=how == "ignore")
    if how == "checkpoint":
        return {"found": current_training().directory.joinpath("checkpoint").read_text()}
    if how == "report":
        return report()
    if how == "bar":
        for _ in tqdm(range(50), mininterval=0):
            pass
    if how == "nan":
        return {"loss": float("nan")}
    return {"accuracy": 0.5, "process": os.getpid()}
