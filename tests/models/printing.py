"""Prints and logs in every way that models do."""

import logging
import os
import sys

from webargs import fields


def warm():
    print("warmed up")


def get_predict_args():
    return {"text": fields.Str(missing="a line"), "times": fields.Int(missing=1)}


def predict(text, times):
    print(f"printed {text}")
    print(f"complained {text}", file=sys.stderr)
    logging.getLogger("printing").warning("logged %s", text)
    logging.getLogger("printing").info("mentioned %s", text)
    logging.getLogger("printing").debug("whispered %s", text)
    os.write(1, f"written {text}\n".encode() + b"\xff\xfe\n")
    for number in range(times):
        print(f"{number:07} {text}")
    if text == "fail":
        raise ValueError("told to fail")
    return text


def get_train_args():
    return {}


def train():
    print("trained")
