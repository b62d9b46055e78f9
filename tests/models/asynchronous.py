"""Coroutine functions: calls that run at once, streams of several, and state of an event loop."""

import asyncio
import contextlib
import os

from webargs import fields

import deepaas
from tests.pipes import tell

# What warm has made, in the loop in which predict runs.
made = {}
running = 0


async def get_metadata():
    await asyncio.sleep(0)
    return {"author": "the tests", "versions": "all"}


async def warm():
    made["loop"] = asyncio.get_running_loop()
    made["queue"] = asyncio.Queue()
    await asyncio.sleep(0)


def get_predict_args():
    return {
        "how": fields.Str(missing="meet"),
        "parties": fields.Int(missing=2),
        "told": fields.Str(missing=""),
        "text": fields.Str(missing=""),
    }


@deepaas.predict(concurrency=4)
async def predict(how, parties, told, text):
    """Do as ``how`` says."""
    global running
    running += 1
    try:
        return await HOW[how](parties, told, text)
    finally:
        running -= 1


async def meet(parties, told, text):
    """Wait until so many calls are here; answer how many there are."""
    while running < parties and not made.get("met"):
        await asyncio.sleep(0.001)
    made["met"] = True
    return running


async def hang(parties, told, text):
    """Tell that it hangs, and how that ends."""
    tell(told, "begun")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        tell(told, "cancelled")
        raise


async def same_loop(parties, told, text):
    """Use what warm has made."""
    await made["queue"].put(text)
    return [await made["queue"].get(), made["loop"] is asyncio.get_running_loop()]


async def fail(parties, told, text):
    raise ValueError("no")


async def refuse(parties, told, text):
    raise NotImplementedError


async def end(parties, told, text):
    os._exit(7)


async def pid(parties, told, text):
    return os.getpid()


async def forever(parties, told, text):
    """Stream without end."""

    async def items():
        with contextlib.ExitStack() as stack:
            if told:
                stack.callback(tell, told, "ended")
            while True:
                yield text
                await asyncio.sleep(0)

    return items()


async def some(parties, told, text):
    """Stream so many items."""

    async def items():
        for number in range(parties):
            await asyncio.sleep(0.001)
            yield f"{text} {number}"

    return items()


HOW = {
    "meet": meet,
    "hang": hang,
    "same_loop": same_loop,
    "fail": fail,
    "refuse": refuse,
    "end": end,
    "pid": pid,
    "forever": forever,
    "some": some,
}


def get_train_args():
    return {"fails": fields.Bool(missing=False)}


async def train(fails):
    await asyncio.sleep(0)
    if fails:
        raise ValueError("no")
    deepaas.current_training().metrics({"loss": 1})
    return {"trained": True}
