"""Predicts for several calls at once; says how many there were."""

import os

from aiohttp import web
from webargs import fields, validate

import deepaas
from tests.pipes import tell, wait

FAULTS = {
    "failed": lambda: ValueError("no such thing"),
    "refused": lambda: web.HTTPConflict(reason="not this one"),
    "missing": lambda: NotImplementedError("not yet"),
}


class Batched:
    """A model of which calls are put together."""

    def get_predict_args(self):
        return {
            "text": fields.Str(missing=""),
            "how": fields.Str(missing="fine"),
            "hold": fields.Str(missing=""),
            "number": fields.Int(),
            "values": fields.List(fields.Float(), missing=[]),
            "accept": fields.Str(
                missing="application/json",
                validate=validate.OneOf(["application/json", "text/plain"]),
            ),
        }

    @deepaas.predict(largest_batch=8)
    def predict(self, text, how, hold, values, accept, number=()):
        for one in filter(None, hold):
            reached, go_on = one.split("|")
            tell(reached, os.getpid())
            wait(go_on)
        if "raise" in how:
            raise ValueError(f"cannot do {text[how.index('raise')]}")
        if "refuse" in how:
            raise web.HTTPConflict(reason="not this one")
        if "exit" in how:
            os._exit(3)
        if "short" in how:
            return []
        if "text" in how:
            return "a text"
        if accept[0] == "text/plain":
            return [f"{one} of {len(text)}" for one in text]
        return [
            FAULTS[way]() if way in FAULTS else {"text": one, "size": len(text)}
            for one, way in zip(text, how, strict=True)
        ]


model = Batched()
