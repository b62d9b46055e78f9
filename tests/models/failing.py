"""Fails in every way that models do; ``how`` says which."""

import ctypes
import os
import sys
import threading

from aiohttp import web
from webargs import fields


class Unpicklable(Exception):
    """Cannot be sent anywhere."""

    def __init__(self, lock):
        super().__init__("held by a lock")
        self.lock = lock


class Mute(Exception):
    """Cannot even say what it is."""

    def __str__(self):
        raise ValueError("no words")


def unpicklable():
    raise Unpicklable(threading.Lock())


def divide():
    return 1 / 0


def refuse(make):
    def raises():
        raise make()

    return raises


LINES = "first line\r\nSet-Cookie: second=line\n\nthird"
FRAMING = {
    "Transfer-Encoding": "chunked",
    "Connection": "upgrade",
    "Keep-Alive": "timeout=1",
    "Upgrade": "h2c",
    "Trailer": "X-Later",
    "TE": "trailers",
    "Proxy-Connection": "close",
    "Content-Encoding": "gzip",
    "bad name": "a",
    "X-Bad\r\nX-Worse": "b",
    "X-Good": "yes",
}
WAYS = {
    "raise": divide,
    "unpicklable": unpicklable,
    "mute": refuse(Mute),
    "not_implemented": refuse(lambda: NotImplementedError("only for images")),
    "system_exit": lambda: sys.exit(3),
    "interrupt": refuse(KeyboardInterrupt),
    "exit": lambda: os._exit(3),
    "segfault": lambda: ctypes.string_at(0),
    "recursion": lambda: WAYS["recursion"](),
    "memory": refuse(MemoryError),
    "lock": lambda: threading.Lock(),
    "bad_request": refuse(lambda: web.HTTPBadRequest(reason="too many pixels")),
    "base": refuse(lambda: web.HTTPException(reason=ValueError("out of range"))),
    "exception": refuse(lambda: web.HTTPBadRequest(reason=ValueError("no such\nlayer"))),
    "lines": refuse(lambda: web.HTTPUnprocessableEntity(reason=LINES)),
    "control": refuse(lambda: web.HTTPBadRequest(reason="a\x01b\x7fgrößer 猫")),
    "header": refuse(lambda: web.HTTPBadRequest(reason="no", headers={"X-Odd": "a\nb\x01"})),
    "framing": refuse(lambda: web.HTTPBadRequest(reason="no", headers=FRAMING)),
    "surrogate": refuse(lambda: ValueError("no such file: \udcff.png")),
    "text": refuse(lambda: web.HTTPConflict(text="another one runs")),
    "unavailable": refuse(
        lambda: web.HTTPServiceUnavailable(reason="loading", headers={"Retry-After": "5"})
    ),
    "teapot": refuse(lambda: type("Teapot", (web.HTTPClientError,), {"status_code": 418})()),
    "redirect": refuse(lambda: web.HTTPFound("https://example.org/elsewhere")),
    "fine": os.getpid,
}


def get_predict_args():
    return {"how": fields.Str(missing="fine")}


def predict(how):
    return WAYS[how]()


get_train_args = get_predict_args
train = predict
