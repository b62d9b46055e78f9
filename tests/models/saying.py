"""Logs for whom it works: one call at a time, several in a batch, and several at once."""

import asyncio
import logging
import os
import threading

from webargs import fields

import deepaas
from tests.pipes import tell, wait

LOG = logging.getLogger("saying")


class Alone:
    """One call after the other."""

    def get_predict_args(self):
        return {
            "text": fields.Str(missing="something"),
            "how": fields.Str(missing="say"),
            "reached": fields.Str(missing=""),
            "go_on": fields.Str(missing=""),
        }

    def predict(self, text, how, reached, go_on):
        if reached:
            tell(reached, os.getpid())
            wait(go_on)
        if how == "stream":
            return self.stream(text)
        if how == "thread":
            thread = threading.Thread(target=LOG.warning, args=("said %s", text))
            thread.start()
            thread.join()
        elif how == "fail":
            raise ValueError(f"cannot say {text}")
        elif how == "die":
            os._exit(3)
        elif how == "large":
            return "x" * 2_000_000
        else:
            LOG.warning("said %s", text)
        return deepaas.request_id()

    def stream(self, text):
        yield deepaas.request_id()
        LOG.warning("said %s", text)
        yield deepaas.request_id()

    def get_train_args(self):
        return {"text": fields.Str(missing="something")}

    def train(self, text):
        LOG.warning("said %s", text)
        return deepaas.request_id()


class Batched:
    """Several calls at once, in one call."""

    def get_predict_args(self):
        return {"text": fields.Str(missing=""), "hold": fields.Str(missing="")}

    @deepaas.predict(largest_batch=8)
    def predict(self, text, hold):
        for one in filter(None, hold):
            reached, go_on = one.split("|")
            tell(reached, os.getpid())
            wait(go_on)
        LOG.warning("said %s", "+".join(sorted(text)))
        return [deepaas.request_id()] * len(text)


class AtOnce:
    """Several calls at once, each in a task of its own."""

    def __init__(self):
        self.there = 0

    def get_predict_args(self):
        return {"text": fields.Str(missing=""), "parties": fields.Int(missing=1)}

    @deepaas.predict(concurrency=4)
    async def predict(self, text, parties):
        self.there += 1
        while self.there < parties:
            await asyncio.sleep(0.001)
        LOG.warning("said %s", text)
        return deepaas.request_id()


alone, batched, at_once = Alone(), Batched(), AtOnce()
