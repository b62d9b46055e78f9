"""Answers values of every kind; ``what`` says which."""

import collections
import dataclasses
import datetime
import decimal
import enum
import io
import os
import pathlib
import uuid

import numpy as np
from webargs import fields, validate

from deepaas.model.v2.wrapper import ReturnedFile


@dataclasses.dataclass
class Box:
    """Where something is in a picture."""

    x: int
    y: int


class Colour(enum.Enum):
    """What colour it is."""

    RED = "red"


Pair = collections.namedtuple("Pair", "left right")


def endless():
    answer = []
    answer.append(answer)
    return answer


VALUES = {
    "bytes": lambda: b"some bytes",
    "str": lambda: "some text",
    "none": lambda: None,
    "special": lambda: {"nan": float("nan"), "list": [float("inf"), -float("inf"), 1.5]},
    "array": lambda: np.array([[1.5, float("nan")], [0.0, float("inf")]], dtype="float32"),
    "transposed": lambda: np.arange(4).reshape(2, 2).T,
    "scalars": lambda: [np.int64(1), np.float32(0.5), np.bool_(True), np.float64("nan")],
    "strings": lambda: np.array(["a", "b"]),
    "half": lambda: np.array([0.5, 1.0], dtype="float16"),
    "moments": lambda: [
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 12, 30),  # noqa: DTZ001
        datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
        datetime.time(12, 30),
    ],
    "day": lambda: np.datetime64("2024-02-29"),
    "set": lambda: [{1}, frozenset({2}), (3, 4)],
    "utf8": lambda: {"bytes": "é".encode()},
    "binary": lambda: {"bytes": b"\xff\xfe"},
    "others": lambda: [
        decimal.Decimal("1.5"),
        uuid.UUID(int=1),
        Colour.RED,
        Box(1, 2),
        Pair(1, 2),
        pathlib.Path("a/b"),
        range(2),
    ],
    "keys": lambda: {1: "int", 1.5: "float", None: "none"},
    "mixed": lambda: {(1, 2): "tuple"},
    "large": lambda: [2**64, -(2**100)],
    "surrogate": lambda: "a\ud800b",
    "object": lambda: {"deep": [object()]},
    "endless": endless,
    "stream": lambda: io.BytesIO(b"in memory"),
    "read": lambda: _read_to_the_end(io.BytesIO(b"in memory")),
    "text_stream": lambda: io.StringIO("some text"),
    "megabytes": lambda: b"m" * 3_000_000,
    "long": lambda: {"one": np.longdouble("1.5"), "more": np.array([2.5, "nan"], np.longdouble)},
    "complex": lambda: np.clongdouble(1),
    "many_megabytes": lambda: io.BytesIO(b"m" * 30_000_000),
    "many": lambda: list(range(300_000)),
}


def _read_to_the_end(stream):
    stream.read()
    return stream


def get_predict_args():
    return {
        "what": fields.Str(missing=""),
        "path": fields.Str(),
        "accept": fields.Str(
            location="headers",
            missing="application/json",
            validate=validate.OneOf(["application/json", "image/png", "text/plain"]),
        ),
    }


def predict(what, accept, path=None):
    if what == "open":
        return open(path, "rb")
    if what == "odd_name":
        return open(os.path.join(os.fsencode(path), b"a\xff.bin"), "w+b")
    if what == "path_as_name":
        return ReturnedFile("picture", path, "image/tiff", pathlib.Path("scan.tif"))
    if what == "returned":
        return ReturnedFile("picture", path, "image/tiff", "scan.tif")
    return VALUES[what]()
