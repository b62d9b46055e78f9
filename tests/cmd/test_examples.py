"""Guesses at what a model takes: callers can send them as they are."""

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import re
import uuid
from typing import Annotated, Any, Literal, TypedDict

import numpy as np
import pydantic
import pytest
from annotated_types import Ge, Gt, Interval, Len, LowerCase, Lt, MaxLen, MinLen, MultipleOf
from multidict import MultiDict
from numpy.typing import NDArray

from deepaas.cmd.examples import example_file, example_texts
from deepaas.schema.parsing import Received, parse
from deepaas.types import Audio, Picture, Shape, Url
from tests.schema.hints.calling import described, taking


class Color(enum.Enum):
    RED = "red"


class Film(TypedDict):
    title: Annotated[str, MinLen(6)]
    year: Annotated[int, Ge(1888)]


@dataclasses.dataclass
class Point:
    x: float
    film: Film
    more: list["Point"]
    y: float = 0


@pytest.mark.parametrize(
    "hint",
    [
        str,
        int,
        float,
        bool,
        Any,
        decimal.Decimal,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
        uuid.UUID,
        Url,
        Literal["b", "a"],
        Literal[3, 4],
        Color,
        list[int],
        list[Color],
        list[list[int]],
        collections.abc.Sequence[str],
        Annotated[list[int], MinLen(2)],
        Annotated[list[int], MaxLen(1)],
        tuple[int, str, Color],
        tuple[float, ...],
        dict[str, int],
        Point,
        list[Point],
        np.ndarray,
        Annotated[NDArray[np.uint8], Shape(None, 2, 1)],
        Annotated[str, Len(1, 3)],
        Annotated[str, MinLen(10)],
        LowerCase[str],
        Annotated[int, Gt(41)],
        Annotated[float, Interval(gt=0, lt=1)],
        Annotated[int, Interval(ge=5, le=9), MultipleOf(3)],
        Annotated[float, Lt(-3)],
        Annotated[str, re.compile("[A-Z]$")],
        Annotated[int, pydantic.Field(ge=3)],
        Annotated[str, pydantic.Field(examples=["X-1"]), re.compile(r"X-\d")],
    ],
)
def test_an_example_is_valid_in_a_query(hint):
    arguments = described(taking(hint)).arguments
    (argument,) = arguments
    query = MultiDict([("x", text) for text in example_texts(argument)])
    arguments.adapt(parse(arguments, Received(query=query)))


@pytest.mark.parametrize(
    ("hint", "sent"),
    [(bytes, "a.png"), (Picture, "a.png"), (Audio, "a.png;type=audio/wav"), (list[bytes], "a.png")],
)
def test_a_file_is_said_to_be_what_is_wanted(hint, sent, tmp_path):
    (argument,) = described(taking(hint)).arguments
    assert example_file(argument, "a.png") == sent


def test_a_table_is_sent_where_one_is_wanted():
    import pandas as pd

    (argument,) = described(taking(pd.DataFrame)).arguments
    assert pd.read_csv(example_file(argument, "a.png")).shape == (2, 2)
