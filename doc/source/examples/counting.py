"""Counts, and takes its time."""

import time

from webargs import fields


def get_predict_args():
    return {"to": fields.Int(missing=3)}


def predict(to):
    for number in range(1, to + 1):
        time.sleep(0.01)
        yield {"number": number}
