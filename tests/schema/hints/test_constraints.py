"""Constraints hold for what a function receives."""

import dataclasses
import enum
import re
from datetime import UTC, datetime
from typing import Annotated

import numpy as np
import pandas as pd
import pydantic
import pytest
from annotated_types import (
    Ge,
    Gt,
    Interval,
    IsFinite,
    Le,
    Len,
    LowerCase,
    Lt,
    MaxLen,
    MinLen,
    MultipleOf,
    Not,
    Predicate,
    Timezone,
)
from numpy.typing import NDArray
from PIL import Image
from pydantic import PositiveInt

from deepaas.exceptions import InvalidArguments
from deepaas.files import UploadedFile
from deepaas.types import Url
from tests.schema.hints.calling import described, received, refusal, taking

NEW_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001 - it has none
NEW_YEAR_UTC = "2024-01-01T00:00:00Z"
ZONED, UNZONED = "Must have a time zone.", "Must have no time zone."


@dataclasses.dataclass
class Area:
    width: int
    height: int


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


def is_square(area: Area) -> bool:
    return area.width == area.height


@pytest.mark.parametrize(
    ("hint", "good", "bad", "words"),
    [
        (Annotated[int, Ge(0), Le(2)], 2, 3, "Must be greater than or equal to 0 and less than"),
        (Annotated[int, Interval(gt=0, lt=2)], 1, 2, "Must be greater than 0 and less than 2."),
        (Annotated[float, Gt(0)], 0.1, 0, "Must be greater than 0."),
        (Annotated[int, Ge(5), Ge(1)], 5, 3, "Must be greater than or equal to 5."),
        (Annotated[int, Gt(0), Ge(0)], 1, 0, "Must be greater than 0."),
        (Annotated[PositiveInt, Ge(-1), Lt(9), Le(9)], 8, 9, "Must be greater than 0 and less th"),
        (Annotated[str, MinLen(2), MinLen(1)], "ab", "a", "Shorter than minimum length 2."),
        (Annotated[str, MaxLen(1), MaxLen(2)], "a", "ab", "Longer than maximum length 1."),
        (Annotated[datetime, Ge(NEW_YEAR)], "2024-01-02T00:00:00", NEW_YEAR_UTC, UNZONED),
        (Annotated[datetime, Timezone(None)], "2024-01-01T00:00:00", NEW_YEAR_UTC, UNZONED),
        (Annotated[datetime, Timezone(...)], NEW_YEAR_UTC, "2024-01-01T00:00:00", ZONED),
        (
            Annotated[datetime, Timezone("Europe/Madrid")],
            "2024-07-01T00:00:00+02:00",
            "2024-07-01T00:00:00Z",
            "Must be a time of Europe/Madrid.",
        ),
        (
            Annotated[datetime, Timezone(UTC), Gt(NEW_YEAR.replace(tzinfo=UTC))],
            "2024-01-01T00:00:01Z",
            "2024-01-01T00:00:01",
            f"{ZONED} {ZONED}",
        ),
        (Annotated[int, MultipleOf(3)], 6, 4, "Must be a multiple of 3."),
        (Annotated[float, MultipleOf(0.1)], 0.3, 0.35, "Must be a multiple of 0.1."),
        (Annotated[str, Len(1, 2)], "ab", "abc", "Length must be between 1 and 2."),
        (Annotated[str, MinLen(2)], "ab", "a", "Shorter than minimum length 2."),
        (Annotated[str, re.compile("a+$")], "aa", "ab", "String does not match expected pattern."),
        (LowerCase[str], "a", "A", "Must hold: islower."),
        (IsFinite[float], 1, None, "Field may not be null."),
        (Annotated[str, Predicate(Not(str.isdigit))], "a", "1", "Is not valid."),
        (Annotated[int, Predicate(lambda value: value % 2)], 1, 2, "Is not valid."),
        (Annotated[list[int], MaxLen(1)], [1], [1, 2], "Longer than maximum length 1."),
        (Annotated[list[Color], MaxLen(1)], ["red"], ["red"] * 2, "Longer than maximum length 1."),
        (Annotated[dict[str, Color], MaxLen(0)], {}, {"a": "red"}, "Longer than maximum length 0."),
        (Annotated[Url, MaxLen(12)], "http://a.org", "http://ab.org", "Longer than maximum length"),
        (Annotated[Color, Predicate(lambda one: one is Color.RED)], "red", "blue", "Is not valid."),
        (
            Annotated[list[Area], Predicate(lambda areas: all(map(is_square, areas)))],
            [{"width": 1, "height": 1}],
            [{"width": 1, "height": 2}],
            "Is not valid.",
        ),
        (
            Annotated[Area, Predicate(is_square)],
            {"width": 1, "height": 1},
            {"width": 1, "height": 2},
            "Must hold: is_square.",
        ),
        (Annotated[np.ndarray, Ge(0)], [0, 1], [1, -1], "Must be greater than or equal to 0."),
        (Annotated[NDArray[np.float32], Le(1)], [[1]], [[0, 2]], "Must be less than or equal to 1"),
        (Annotated[np.ndarray, MinLen(2)], [1, 2], [1], "Shorter than minimum length 2."),
        (Annotated[np.ndarray, Ge(0)], [], [-1], "Must be greater than or equal to 0."),
        (
            Annotated[int, pydantic.Field(ge=1, lt=3, multiple_of=2)],
            2,
            3,
            "Must be a multiple of 2. Must be greater than or equal to 1 and less than 3.",
        ),
        (Annotated[str, pydantic.Field(pattern="^a", max_length=2)], "ab", "abc", "Longer than"),
        (pydantic.PositiveInt, 1, 0, "Must be greater than 0."),
        (pydantic.constr(min_length=2), "ab", "a", "Shorter than minimum length 2."),
    ],
)
def test_a_value_is_within_constraints(hint, good, bad, words):
    received(hint, good)
    assert refusal(hint, bad).startswith(words)


@pytest.mark.parametrize(
    ("hint", "content", "words"),
    [
        (Annotated[bytes, MaxLen(3)], b"long", "Longer than maximum length 3."),
        (Annotated[pd.DataFrame, MinLen(2)], b"a,b\n1,2\n", "Shorter than minimum length 2."),
        (
            Annotated[Image.Image, Predicate(lambda picture: picture.width > 1)],
            b"P1 1 1 1\n",
            "Is not valid.",
        ),
    ],
)
def test_constraints_of_a_file_hold_for_what_is_made_of_it(tmp_path, hint, content, words):
    (tmp_path / "sent").write_bytes(content)
    sent = UploadedFile("x", str(tmp_path / "sent"), "application/octet-stream", "sent")
    arguments = described(taking(hint)).arguments
    with pytest.raises(InvalidArguments) as refused:
        arguments.adapt(arguments.load({"x": sent}))
    assert refused.value.messages == {"x": [words]}
