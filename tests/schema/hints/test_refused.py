"""What cannot be sent by callers is refused when a model is loaded, with what would work."""

import collections
import dataclasses
import datetime
import enum
import json
import re
import typing
from collections.abc import Awaitable, Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import attrs
import numpy as np
import pandas as pd
import pytest
from annotated_types import Ge, Len, MultipleOf, Timezone
from numpy.typing import NDArray
from PIL import Image, ImageFont
from webargs import fields

from deepaas.exceptions import InvalidModel
from deepaas.model.describe import describe
from deepaas.types import Dtype, File, Picture, Shape
from tests.schema.hints.calling import described, taking

PLAIN = "use a plain type, a dataclass, a TypedDict, or a file type"
PAIRS = "keys are texts in JSON: use a list of pairs, or of a dataclass"
ONE_BY_ONE = "use an argument of its own for each file, or a list of files"


class Weights:
    def __init__(self, values):
        self.values = values


class Nothing:
    pass


class Side(enum.Enum):
    LEFT = "left"


@dataclasses.dataclass
class Answered:
    parts: list[Nothing]


class Shapes(enum.Enum):
    pass


@dataclasses.dataclass
class Holder:
    picture: Picture


@dataclasses.dataclass
class Pair:
    first: int


@dataclasses.dataclass
class Outer:
    weights: list[Weights]


@pytest.mark.parametrize(
    ("hint", "named", "instead"),
    [
        (int | str, "int | str", "choose one of its types, with '| None' if it may be absent"),
        (
            str | bytes | None,
            "str | bytes | None",
            "choose one of its types, with '| None' if it may be absent",
        ),
        (Weights, "Weights", "make Weights a dataclass, or take what it is made of"),
        (Nothing, "Nothing", PLAIN),
        (complex, "complex", PLAIN),
        (None, "NoneType", PLAIN),
        (
            Callable[[int], int],
            "collections.abc.Callable[[int], int]",
            "use a Literal or an Enum of names, and choose the function by the name",
        ),
        (collections.deque[int], "collections.deque[int]", "use list"),
        (collections.OrderedDict, "OrderedDict", "use dict"),
        (
            Literal[1, "a"],
            "Literal[1, 'a']",
            "give it values of one type, all texts or all whole numbers",
        ),
        (Shapes, "Shapes", "give it values of one type, all texts or all whole numbers"),
        (Holder, "Holder", "files must be arguments by themselves"),
        (Outer, "Weights", "make Weights a dataclass, or take what it is made of"),
        (dict[str, bytes], "dict[str, bytes]", ONE_BY_ONE),
        (list[list[File]], "list[list[deepaas.types.File]]", ONE_BY_ONE),
        (tuple[bytes, int], "tuple[bytes, int]", ONE_BY_ONE),
        (np.float32, "float32", "use int, float or bool, or numpy.ndarray"),
        (pd.Timestamp, "Timestamp", "use datetime.datetime or datetime.timedelta"),
        (typing.BinaryIO, "BinaryIO", "use io.BytesIO or deepaas.types.File"),
        (typing.IO[bytes], "IO[bytes]", "use io.BytesIO or deepaas.types.File"),
        (pd.Series, "Series", "use PIL.Image.Image or pandas.DataFrame"),
        (
            Annotated[np.ndarray, Dtype("flot32")],
            "Dtype('flot32')",
            "name a dtype that NumPy knows, such as Dtype('float32')",
        ),
        (
            Annotated[datetime.datetime, Timezone("Mars")],
            "Timezone('Mars')",
            "name a zone that Python knows, such as Timezone('Europe/Madrid')",
        ),
        (set[dict], "set[dict]", "a set cannot hold dict: use list[dict]"),
        (
            frozenset[tuple[int, list[int]]],
            "frozenset[tuple[int, list[int]]]",
            "a set cannot hold list[int]: use list[tuple[int, list[int]]]",
        ),
        (set[Pair], f"set[{__name__}.Pair]", "a set cannot hold Pair: use list[Pair]"),
        (dict[tuple[int, int], str], "dict[tuple[int, int], str]", PAIRS),
        (dict[bytes, str], "dict[bytes, str]", PAIRS),
        (dict[Pair, str], f"dict[{__name__}.Pair, str]", PAIRS),
        (dict[np.ndarray, str], "dict[numpy.ndarray, str]", PAIRS),
        (Image, "PIL.Image", "it is a module: use PIL.Image.Image"),
        (ImageFont.ImageFont, "ImageFont", "use PIL.Image.Image or pandas.DataFrame"),
    ],
)
def test_the_message_names_model_function_argument_and_what_would_work(hint, named, instead):
    with pytest.raises(InvalidModel) as refused:
        described(taking(hint))
    assert str(refused.value) == (
        f"model 'm', predict(): argument 'x': {named} cannot be sent by callers; {instead}"
    )


def test_an_argument_that_is_taken_by_its_place_only():
    def function(text: str, /):
        return text

    with pytest.raises(InvalidModel, match=r"argument 'text' is taken .*; remove the '/' after it"):
        described(function)


def test_a_name_that_is_not_there():
    def function(text: "Missing"):  # noqa: F821 - that is the point
        return text

    with pytest.raises(InvalidModel, match=r"'Missing' is not defined; import it where the fun"):
        described(function)


def test_a_name_that_is_not_there_within_a_class():
    @dataclasses.dataclass
    class Broken:
        part: "Missing"  # noqa: F821

    with pytest.raises(InvalidModel, match=r"argument 'x': .*'Missing' is not defined"):
        described(taking(Broken))


def test_methods_without_self():
    class Model:
        def predict(text: str) -> str:
            return text

        def train():
            return 1

    with pytest.raises(InvalidModel, match="argument 'text' stands in the place of self; put self"):
        described(Model().predict)
    with pytest.raises(InvalidModel, match="train is a method; give it a parameter self"):
        described(Model().train)


def test_a_hint_that_cannot_be_resolved_is_left_alone_where_a_field_stands_for_it():
    def function(text: "Missing", times: int):  # noqa: F821 - likewise
        return text

    arguments = described(function, declared={"text": fields.Str()}).arguments
    assert [type(one.field).__name__ for one in arguments] == ["String", "WholeNumber"]


def test_an_argument_of_batches_that_is_no_list():
    def function(texts: list[str], times: int) -> list[str]:
        return texts

    with pytest.raises(
        InvalidModel,
        match=r"argument 'times': int cannot .*; with largest_batch it must be a list: list\[int\]",
    ):
        described(function, batched=True)


def test_two_arguments_that_callers_know_by_the_same_name():
    def function(a: Annotated[str, fields.Str(data_key="b")], b: str):
        return a

    with pytest.raises(InvalidModel, match="'a' and 'b' are both called 'b' by callers"):
        described(function)


@pytest.mark.parametrize(
    ("hint", "constraint"),
    [
        (Annotated[str, Ge(3)], "a bound"),
        (Annotated[int, re.compile("a+")], "a pattern"),
        (Annotated[int, Len(1, 3)], "a length"),
        (Annotated[list[int], Ge(1)], "a bound"),
        (Annotated[str, MultipleOf(2)], "MultipleOf"),
        (Annotated[Side, Ge(1)], "a bound"),
        (Annotated[datetime.datetime, Ge(1)], "a bound"),
        (Annotated[int, Timezone(None)], "Timezone"),
    ],
)
def test_a_constraint_that_no_value_can_be_held_to_is_refused(hint, constraint):
    with pytest.raises(InvalidModel) as refused:
        described(taking(hint))
    assert "argument 'x'" in str(refused.value)
    assert f"{constraint} " in str(refused.value)
    assert "does not fit" in str(refused.value)


@pytest.mark.parametrize(
    ("hint", "default", "reason"),
    [
        (Annotated[int, Ge(1)], 0, "Must be greater than or equal to 1"),
        (Annotated[str, Len(2)], "a", "Shorter than minimum length 2"),
        (int, "a", "Not a valid integer"),
        (int, "5", "it is a text, which the function would get as it is"),
        (str, 5, "Not a valid string"),
        (bool, "yes", "it is a text, which the function would get as it is"),
        (Literal["a"], "b", "Must be one of: a"),
        (Side, "top", "'top' is not a valid Side"),
        (list[int], ("a",), "0: Not a valid integer"),
        (list[int], 5, "'int' object is not iterable"),
        (dict[str, int], {"a": "b"}, "a: value: Not a valid integer"),
        (datetime.date, "today", "Not a valid date"),
        (Annotated[np.ndarray, Shape(2)], np.zeros(3), "Must have the shape (2), not (3,)"),
    ],
)
def test_a_default_that_callers_could_not_send_is_refused(hint, default, reason):
    def function(x=default):
        return x

    function.__annotations__["x"] = hint
    with pytest.raises(InvalidModel) as refused:
        described(function)
    assert str(refused.value) == (
        f"model 'm', predict(): argument 'x': its default {default!r} does not fit its hint: "
        f"{reason}. Give it one that does, or None where it may be absent"
    )


@dataclasses.dataclass
class Few:
    number: Annotated[int, Ge(1)] = 0


class Titled(NamedTuple):
    title: str = 5


@attrs.define
class Shared:
    side: Side = attrs.field(default="top", alias="of")


@pytest.mark.parametrize(
    ("hint", "member", "default", "reason"),
    [
        (list[Few], "Few.number", 0, "Must be greater than or equal to 1"),
        (Titled, "Titled.title", 5, "Not a valid string"),
        (dict[str, Shared], "Shared.of", "top", "'top' is not a valid Side"),
    ],
)
def test_a_default_of_a_member_that_callers_could_not_send_is_refused(
    hint, member, default, reason
):
    with pytest.raises(InvalidModel) as refused:
        described(taking(hint))
    assert str(refused.value) == (
        f"model 'm', predict(): argument 'x': the default of {member}, {default!r}, does not fit "
        f"its hint: {reason}. Give it one that does, or None where it may be absent"
    )


def test_defaults_of_all_kinds_fit():
    def function(
        day: datetime.date = datetime.date(2020, 1, 31),
        span: datetime.timedelta = datetime.timedelta(1),
        bound: Annotated[float, Ge(0)] = float("inf"),
        side: Side = Side.LEFT,
        by_name: Side = "left",
        sizes: set[int] = frozenset({1}),
        days: Sequence[datetime.date] = (datetime.date(2020, 1, 31),),
        vector: np.ndarray = np.zeros(2),  # noqa: B008 - it is not changed
        anything=object(),  # noqa: B008 - likewise
    ):
        return day

    assert len(list(described(function).arguments)) == 9


@pytest.mark.parametrize(
    ("hint", "named", "instead"),
    [
        (complex, "complex", "return tuple[float, float], its real and its imaginary part"),
        (list[complex | None], "complex", "return tuple[float, float], its real"),
        (Iterator[Weights], "Weights", "make Weights a dataclass, or return what it is made of"),
        (dict[str, Weights], "Weights", "make Weights a dataclass"),
        (Answered, "Nothing", "make Nothing a dataclass"),
        (set[dict], "set[dict]", "a set cannot hold dict: use list[dict]"),
        (dict[tuple[int, int], str], "dict[tuple[int, int], str]", "use a list of pairs"),
        (Callable[[], int], "collections.abc.Callable[[], int]", "return what it would return"),
        (list[Image.Image], "Image", "only an answer that is nothing else can be a file"),
        (dict[str, File | None], "File", "only an answer that is nothing else can be a file"),
        (Image, "PIL.Image", "it is a module: use PIL.Image.Image"),
        (json, "json", "it is a module: use a type in it"),
        (type, "type", "return a plain type, a list, a dict or a dataclass"),
    ],
)
def test_an_answer_without_a_form_in_json_is_refused(hint, named, instead):
    def function(x: int) -> hint:
        return x

    with pytest.raises(InvalidModel) as refused:
        described(function)
    text = str(refused.value)
    assert text.startswith(f"model 'm', predict(): what it returns: {named} has no form in JSON; ")
    assert instead in text


@pytest.mark.parametrize(
    "hint",
    [
        *(object, Any, range, np.float32, pd.Series, Path, int | str, None),
        *(NDArray[np.float32], dict[str, NDArray[np.int64]], NDArray[np.bool_] | None),
        *(Iterator, typing.Generator, Awaitable, BytesIO, BytesIO | dict),
    ],
)
def test_other_answers_are_taken(hint):
    def function(x: int) -> hint:
        return x

    described(function)


def test_what_a_training_returns_is_free():
    class Model:
        def train(self, epochs: int) -> Weights:
            return Weights(epochs)

    assert describe("m", Model()).train is not None
