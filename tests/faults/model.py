"""A model for faults: it takes time, answers much, starts processes, and says what it does."""

import os
import subprocess
import sys
import time

from webargs import fields

from deepaas import current_training

# Tells when no SIGTERM can end it any more.
STUBBORN = ("sh", "-c", "trap '' TERM; echo; exec sleep 600")


class Mute:
    """Cannot say what it is."""

    def __repr__(self):
        raise ValueError("no words")


class Garbled:
    """Says what no UTF-8 can hold."""

    def __repr__(self):
        return "\udcff"


def endless():
    """Return a list that contains itself."""
    result = []
    result.append(result)
    return result


RESULTS = {
    "nothing": lambda: None,
    "object": lambda: {"model": object()},
    "bytes": lambda: b"\xff",
    "function": lambda: endless,
    "endless": endless,
    "mute": Mute,
    "mute within": lambda: [{"model": Mute()}],
    "garbled": Garbled,
}


def get_predict_args():
    return {
        "seconds": fields.Float(missing=0.0),
        "gate": fields.Str(missing=""),
        "megabytes": fields.Int(missing=0),
        "children": fields.Bool(missing=False),
        "data": fields.Field(type="file", location="form"),
    }


def predict(seconds, gate, megabytes, children, data=None):
    if children:
        start_children()
    if seconds:
        say("begun", os.getpid())
        time.sleep(seconds)
        say("ended", os.getpid())
    if gate:
        with open(gate, "rb", buffering=0) as opened:
            opened.read(1)
    return "x" * (megabytes * 1_000_000) if megabytes else os.getpid()


def get_train_args():
    return {
        "seconds": fields.Float(missing=0.0),
        "lines": fields.Int(missing=0),
        "pause": fields.Float(missing=0.0),
        "children": fields.Bool(missing=False),
        "asks": fields.Bool(missing=False),
        "result": fields.Str(missing="lines"),
        "floods": fields.Float(missing=0.0),
    }


def flood(training, seconds):
    """Print and report without pause."""
    end = time.monotonic() + seconds
    step = 0
    while time.monotonic() < end:
        step += 1
        print("x" * 1000)
        training.progress(step)
        if step % 10 == 0:
            training.metrics({"loss": 1 / step}, step=step)


def train(seconds, lines, pause, children, asks, result, floods):
    training = current_training()
    checkpoint = training.directory / "checkpoint"
    resumed = checkpoint.exists()
    checkpoint.touch()
    if children:
        start_children()
    if asks:
        # It is told in vain that it is to end.
        assert not training.cancelling
    say("trains", os.getpid())
    training.metrics({"loss": 0.5}, step=1)
    for number in range(lines):
        say(f"line {number} {'x' * 100}")
        time.sleep(pause)
    flood(training, floods)
    if not resumed:
        time.sleep(seconds)
    return RESULTS[result]() if result in RESULTS else {"lines": lines, "resumed": resumed}


def start_children():
    """Start two processes that ignore SIGTERM, one of them in a session of its own."""
    for alone in (False, True):
        child = subprocess.Popen(STUBBORN, start_new_session=alone, stdout=subprocess.PIPE)
        child.stdout.readline()
        say("child", child.pid)


def say(*words):
    """Print a line in one piece, which nothing that is printed elsewhere comes into."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()
