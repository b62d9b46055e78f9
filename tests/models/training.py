"""Trains as it is told: waits at named pipes, fails, or answers what is no JSON."""

import os
import sys

from webargs import fields

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


def train(how, reached=None, go_on=None, **kwargs):
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
    if how == "nan":
        return {"loss": float("nan")}
    return {"accuracy": 0.5, "process": os.getpid()}
