"""A model for faults: it takes time, answers much, starts processes, and says what it does."""

import os
import subprocess
import time

from webargs import fields


def get_predict_args():
    return {
        "seconds": fields.Float(missing=0.0),
        "megabytes": fields.Int(missing=0),
        "child": fields.Bool(missing=False),
        "data": fields.Field(type="file", location="form"),
    }


def predict(seconds, megabytes, child, data=None):
    if child:
        start_child()
    if seconds:
        print("begun", os.getpid(), flush=True)
        time.sleep(seconds)
        print("ended", os.getpid(), flush=True)
    return "x" * (megabytes * 1_000_000) if megabytes else os.getpid()


def get_train_args():
    return {
        "seconds": fields.Float(missing=0.0),
        "lines": fields.Int(missing=0),
        "pause": fields.Float(missing=0.0),
        "child": fields.Bool(missing=False),
    }


def train(seconds, lines, pause, child):
    if child:
        start_child()
    print("trains", os.getpid(), flush=True)
    for number in range(lines):
        print(f"line {number} {'x' * 100}", flush=True)
        time.sleep(pause)
    time.sleep(seconds)
    return {"lines": lines}


def start_child():
    """Start a process in a session of its own."""
    process = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print("child", process.pid, flush=True)
