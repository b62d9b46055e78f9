"""Calls of models that come as lines of JSON, and a client that makes them, one after the other."""

import asyncio
import base64
import json
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

DTYPES = {"BOOL": np.bool_, "INT64": np.int64, "FP64": np.float64}


class Refused(Exception):
    """Arguments do not fit; the text is what the client tells."""


class Client(Protocol):
    """A client of one server."""

    async def call(self, model: str, **sent: Any) -> Any:
        """Call a model with what the line says, and return what it answers.

        Raises:
            Refused: the call is refused.
        """

    async def close(self) -> None:
        """Close its connections."""


def array(tensor: dict) -> np.ndarray:
    """The elements of a tensor, as clients take them; BYTES come in base64."""
    if tensor["datatype"] != "BYTES":
        return np.array(tensor["data"], DTYPES[tensor["datatype"]]).reshape(tensor["shape"])
    made = np.empty(len(tensor["data"]), dtype=object)
    made[:] = [base64.b64decode(one) for one in tensor["data"]]
    return made.reshape(tensor["shape"])


def output(name: str, values: np.ndarray, parameters: dict) -> dict:
    """A tensor as it is printed, its BYTES in base64."""
    return {
        "name": name,
        "shape": list(values.shape),
        "parameters": parameters,
        "binary": values.dtype == object,
        "data": [printed(one) for one in values.ravel().tolist()],
    }


def printed(element: Any) -> Any:
    """An element as it is printed."""
    element = element.encode() if isinstance(element, str) else element
    return base64.b64encode(element).decode() if isinstance(element, bytes) else element


def strings(parameters: Iterable) -> dict:
    """The parameters of a message of gRPC that are texts."""
    return {name: parameters[name].string_param for name in parameters}


async def answer(kinds: dict[str, Callable[[str], Client]]) -> None:
    """Make all calls that come on standard input.

    A line names the kind of the client and the address of the server, and what is called. The
    latest client of a kind is kept for as long as its address is.
    """
    clients: dict[str, tuple[str, Client]] = {}
    for line in sys.stdin:
        kind, address, call = json.loads(line)
        if kind not in clients or clients[kind][0] != address:
            if kind in clients:
                await clients[kind][1].close()
            clients[kind] = (address, kinds[kind](address))
        try:
            got = {"answered": await clients[kind][1].call(**call)}
        except Refused as error:
            got = {"refused": str(error)}
        except Exception:
            got = {"failed": traceback.format_exc()}
        print(json.dumps(got), flush=True)
    for _, client in clients.values():
        await client.close()


def main(kinds: dict[str, Callable[[str], Client]]) -> None:
    """Make all calls.

    Args:
        kinds: by name, what makes a client of an address.
    """
    asyncio.run(answer(kinds))
