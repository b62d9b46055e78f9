"""Streams: says how far it has got by named pipes, and does as it is told."""

import time

from aiohttp import web
from webargs import fields

from tests.pipes import tell, wait

MANY = 1_000_000


def get_predict_args():
    return {
        "items": fields.Int(missing=3),
        "size": fields.Int(missing=0),
        "how": fields.Str(missing="dict"),
        "told": fields.Str(missing=""),
        "gate": fields.Str(missing=""),
        "progress": fields.Str(missing=""),
        "fail_at": fields.Int(missing=-1),
    }


def predict(items, size, how, told, gate, progress, fail_at):
    """Yield items, each once the gate opens where there is one."""
    try:
        if told:
            tell(told, "begun")
        for number in range(items):
            if gate:
                wait(gate)
            if number == fail_at:
                fail(how)
            if progress:
                with open(progress, "w") as file:
                    file.write(str(number + 1))
            yield item(how, number, size)
    finally:
        if told:
            tell(told, "ended")


def item(how, number, size):
    """Return an item of some kind."""
    if how == "text":
        return f"{number} " + "x" * size
    if how == "bytes":
        return bytes([255, number % 256]) + b"x" * size
    if how == "time":
        return time.time()
    return {"number": number, "padding": "x" * size}


def fail(how):
    """Raise what is asked for."""
    if how == "refuse":
        raise web.HTTPConflict(reason="not today")
    if how == "unimplemented":
        raise NotImplementedError
    raise ValueError("no more")
