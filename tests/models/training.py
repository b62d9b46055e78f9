"""Trains as it is told: waits at named pipes, fails, or answers what is no JSON."""

import os
import subprocess
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


IN_A_CHILD = """
from deepaas import current_training
training = current_training()
for step in range(100):
    training.progress(step + 1, 100)
training.metrics({"loss": 0.5}, step=100)
"""
# Each of several reports some that no pipe takes in one go.
AT_ONCE = """
import sys
from deepaas import current_training
for step in range(5):
    current_training().metrics({f"{sys.argv[1]}-{step}": step, "x" * 200_000: 1}, step=step)
"""
UNTIL_CANCELLED = """
import time
from deepaas import current_training
training = current_training()
training.cancelling
training.metrics({"asks": 1})
while not training.cancelling:
    time.sleep(0.01)
(training.directory / "saved").write_text("in time")
"""


def run(code):
    """Run Python code in a process of its own."""
    subprocess.run((sys.executable, "-c", code), check=True)


def run_at_once(code, number):
    """Run Python code in several processes, each of which is told its number."""
    commands = [(sys.executable, "-c", code, str(one)) for one in range(number)]
    for process in [subprocess.Popen(one) for one in commands]:
        assert process.wait() == 0


def train(how, reached=None, go_on=None, **kwargs):
    if how == "listening child":
        return run(UNTIL_CANCELLED)
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
    if how == "hurried":
        for step in range(2000):
            current_training().progress(step + 1, 2000)
            current_training().metrics({"step": step}, step=step)
    if how == "reporting child":
        return run(IN_A_CHILD)
    if how == "large reports":
        run_at_once(AT_ONCE, 3)
    if how == "bar":
        for _ in tqdm(range(50), mininterval=0):
            pass
    if how == "quiet bar":
        for _ in tqdm(range(50), "on terminals only", mininterval=0, disable=None):
            pass
    if how == "nested bars":
        for epoch in tqdm(range(3), "outer", mininterval=0):
            for _ in tqdm(range(5), f"inner {epoch}", mininterval=0):
                pass
    if how == "nan":
        return {"loss": float("nan")}
    return {"accuracy": 0.5, "process": os.getpid()}
