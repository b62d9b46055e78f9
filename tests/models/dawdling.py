"""Takes longer than its callers like, and tells how that ends."""

import os
import time

from webargs import fields

import deepaas
from tests.pipes import tell

ARGUMENTS = {"how": fields.Str(missing="fine"), "told": fields.Str(missing="")}


class Alone:
    """Predicts for one call after the other."""

    def get_predict_args(self):
        return ARGUMENTS

    def predict(self, how, told):
        return HOW[how](told)


class Together:
    """Predicts for several calls at once, and as the first of them says."""

    def get_predict_args(self):
        return ARGUMENTS

    @deepaas.predict(largest_batch=4)
    def predict(self, how, told):
        return [HOW[how[0]](told[0])] * len(how)


def wait(told):
    """Wait for an interruption."""
    tell(told, os.getpid())
    try:
        time.sleep(600)
    finally:
        tell(told, "interrupted")


def persist(told):
    """Take no notice of interruptions."""
    tell(told, os.getpid())
    while True:
        try:
            time.sleep(600)
        except BaseException:
            tell(told, "interrupted")


def stream(told):
    """Give one item, and another when that has been taken."""

    def items():
        tell(told, os.getpid())
        yield "first"
        wait(told)

    return items()


def hesitate(told):
    """Stream, but take long over the first item."""

    def items():
        wait(told)
        yield "first"

    return items()


HOW = {
    "fine": lambda told: os.getpid(),
    "wait": wait,
    "persist": persist,
    "stream": stream,
    "hesitate": hesitate,
}
alone, together = Alone(), Together()
