"""Takes its time to get ready and to answer, if told so, and says which device it has."""

import os
from pathlib import Path

from webargs import fields

from tests.pipes import tell, wait


def warm():
    if "REACHED" in os.environ:
        tell(os.environ["REACHED"], "loading")
        wait(os.environ["GO_ON"])
    if Path(os.environ.get("BROKEN", "/absent")).exists():
        raise OSError("no weights")


def get_predict_args():
    return {"reached": fields.Str(), "go_on": fields.Str()}


def predict(reached=None, go_on=None):
    device = os.environ.get("CUDA_VISIBLE_DEVICES")
    if reached:
        tell(reached, device)
        wait(go_on)
    return {"pid": os.getpid(), "device": device}


def get_train_args():
    return {}


def train():
    return predict()
