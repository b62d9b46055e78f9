"""A plain function that returns iterators of several kinds, in forms that it declares itself."""

import asyncio
import io

from webargs import fields, validate

from tests.pipes import tell


def get_predict_args():
    return {
        "kind": fields.Str(missing="iterator"),
        "told": fields.Str(missing=""),
        "accept": fields.Str(
            location="headers",
            missing="text/event-stream",
            validate=validate.OneOf(["text/event-stream", "audio/wav", "application/json"]),
        ),
    }


def predict(kind, told, accept):
    return {
        "iterator": lambda: map(str, range(2)),
        "object": Countdown,
        "generator": lambda: (one for one in ("0", "1")),
        "asynchronous": lambda: asynchronous(),
        "coroutine": lambda: later(),
        "endless": lambda: endless(told),
        "file": lambda: io.BytesIO(b"01"),
    }[kind]()


class Countdown:
    """An asynchronous iterator without anything else."""

    def __init__(self):
        self.left = iter(("0", "1"))

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return next(self.left)
        except StopIteration:
            raise StopAsyncIteration from None


async def asynchronous():
    for one in ("0", "1"):
        await asyncio.sleep(0)
        yield one


async def later():
    await asyncio.sleep(0)
    return asynchronous()


async def endless(told):
    try:
        while True:
            yield "on"
            await asyncio.sleep(0)
    finally:
        tell(told, "ended")
