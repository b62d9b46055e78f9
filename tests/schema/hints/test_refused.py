"""What cannot be sent by callers is refused when a model is loaded, with what would work."""

import collections
import dataclasses
import enum
import re
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pytest
from annotated_types import Ge, Len, MultipleOf
from PIL import ImageFont
from webargs import fields

from deepaas.exceptions import InvalidModel
from deepaas.types import Dtype, File, Picture
from tests.schema.hints.calling import described, taking

PLAIN = "use a plain type, a dataclass, a TypedDict, or a file type"
ONE_BY_ONE = "use an argument of its own for each file, or a list of files"


class Weights:
    def __init__(self, values):
        self.values = values


class Nothing:
    pass


class Shapes(enum.Enum):
    pass


@dataclasses.dataclass
class Holder:
    picture: Picture


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
        (pd.Series, "Series", "use PIL.Image.Image or pandas.DataFrame"),
        (
            Annotated[np.ndarray, Dtype("flot32")],
            "Dtype('flot32')",
            "name a dtype that NumPy knows, such as Dtype('float32')",
        ),
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
    ],
)
def test_a_constraint_that_no_value_can_be_held_to_is_refused(hint, constraint):
    with pytest.raises(InvalidModel) as refused:
        described(taking(hint))
    assert "argument 'x'" in str(refused.value)
    assert f"{constraint} " in str(refused.value)
    assert "does not fit" in str(refused.value)
