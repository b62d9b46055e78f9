"""What authors write as hints, and what their functions then receive."""

import collections
import collections.abc
import dataclasses
import datetime
import enum
import functools
import typing
from typing import Annotated, Any, Literal, NewType, Optional, TypeVar, Union

import marshmallow as ma
import pytest
from annotated_types import Ge

from deepaas.exceptions import InvalidArguments
from deepaas.schema.hints.translate import Translator
from tests.schema.hints.calling import call, default_of, described, received, refusal, taking

Identifier = NewType("Identifier", int)
Words = list[str]
Bound = TypeVar("Bound", bound=int)
Free = TypeVar("Free")
Positive = Annotated[int, Ge(1), "A number."]


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Loud(str):
    """A kind of text."""

    __slots__ = ()


@pytest.mark.parametrize(
    ("hint", "value", "wanted"),
    [
        (Literal["a", None], None, None),
        (Literal["a", None], "a", "a"),
        (Optional[Literal["a", "b"]], "b", "b"),  # noqa: UP045 - as authors write it
        (Literal["a"] | Literal["b"], "b", "b"),
        (Literal[True], True, True),
        (Optional[int], None, None),  # noqa: UP045
        (Union[None, int], 3, 3),  # noqa: UP007
        (int | float, 3, 3.0),
        (Identifier, 3, 3),
        (Words, ["a"], ["a"]),
        (Bound, 3, 3),
        (Free, [1, "a"], [1, "a"]),
        (Any, {"a": None}, {"a": None}),
        (object, None, None),
        (typing.List[int], [1], [1]),  # noqa: UP006
        (typing.Dict[str, typing.List[int]], {"a": [1]}, {"a": [1]}),  # noqa: UP006
        (list, [1, "a"], [1, "a"]),
        (dict, {"a": [1]}, {"a": [1]}),
        (tuple, [1, "a"], (1, "a")),
        (set, [1, 1], {1}),
        (collections.abc.Sequence, ["a"], ["a"]),
        (collections.abc.Iterable[int], [1], [1]),
        (collections.abc.Set[Color], ["red", "red"], {Color.RED}),
        (collections.abc.Mapping[str, Color], {"a": "red"}, {"a": Color.RED}),
        (dict[str, list[Color]], {"a": ["red"]}, {"a": [Color.RED]}),
        (list[Color | None], ["red", None], [Color.RED, None]),
        (tuple[Color, ...], ["red"], (Color.RED,)),
        (tuple[int, tuple[str, Color]], [1, ["a", "blue"]], (1, ("a", Color.BLUE))),
        (typing.LiteralString, "a", "a"),
        (datetime.timedelta, 0.5, datetime.timedelta(seconds=0.5)),
        (Annotated[Annotated[int, Ge(0)], "Twice."], 1, 1),
    ],
)
def test_a_function_receives_what_its_hint_says(hint, value, wanted):
    assert received(hint, value) == wanted
    assert type(received(hint, value)) is type(wanted)


def test_a_single_value_is_a_list_of_one_as_in_a_query():
    assert received(list[int], 3) == [3]


def test_a_kind_of_text_is_made_of_text():
    assert type(received(Loud, "a")) is Loud


def test_a_datetime_has_a_zone_where_its_sender_says_one():
    assert received(datetime.datetime, "2024-01-31T12:00:00").tzinfo is None
    with_zone = received(datetime.datetime, "2024-01-31T12:00:00+02:00")
    assert with_zone.utcoffset() == datetime.timedelta(hours=2)


def test_constraints_of_an_optional_value_are_told_once():
    assert refusal(Annotated[int | None, Ge(0)], -1) == "Must be greater than or equal to 0."
    assert refusal(Optional[Annotated[int, Ge(0)]], -1) == "Must be greater than or equal to 0."  # noqa: UP045


def test_constraints_within_a_list_hold_for_each_item():
    assert refusal(list[Annotated[int, Ge(0)]], [1, -1]) == "1: Must be greater than or equal to 0."


def test_null_is_refused_where_none_is_no_value():
    assert refusal(int, None) == "Field may not be null."


@pytest.mark.parametrize(
    ("hint", "default", "shown"),
    [
        (int, True, 1),
        (int, 2, 2),
        (float, 2, 2.0),
        (Color, Color.BLUE, "blue"),
        (list[Color], [Color.RED], ["red"]),
        (list[int], (1, 2), [1, 2]),
        (frozenset[str], frozenset({"a"}), ["a"]),
        (tuple[int, str], (1, "a"), [1, "a"]),
        (dict[str, int], {}, {}),
        (str | None, None, None),
        (list[int], None, None),
        (datetime.date, datetime.date(2024, 1, 31), datetime.date(2024, 1, 31)),
    ],
)
def test_callers_are_told_the_default(hint, default, shown):
    assert default_of(taking(hint, default)) == shown


@dataclasses.dataclass
class Settings:
    depth: int = 3


def test_a_default_that_has_no_plain_form_is_left_to_the_function():
    made = Settings()

    def function(settings: Settings = made):
        return settings

    assert default_of(function, "settings") is ma.missing
    assert call(function) == made


def test_a_default_of_none_lets_callers_send_null():
    assert received(list[int], None, default=None) is None


def test_what_has_no_hint_is_of_the_type_of_its_default():
    def function(text, times=2, loud=False):
        return text, times, loud

    assert call(function, text=1, times="3", loud="yes") == (1, 3, True)
    with pytest.raises(InvalidArguments):
        call(function, text=1, times="many")


def logged(function):
    """Decorate as authors do."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return ["logged", function(*args, **kwargs)]

    return wrapper


@logged
def twice(number: int, *, times: int = 2) -> int:
    return number * times


class Multiply:
    """Can be called."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, number: int) -> int:
        return number * self.times

    def method(self, number: int) -> int:
        return number * self.times


@pytest.mark.parametrize(
    ("function", "wanted"),
    [
        (twice, ["logged", 6]),
        (Multiply(3), 9),
        (Multiply(3).method, 9),
        (functools.partial(twice, times=3), ["logged", 9]),
        (functools.lru_cache(Multiply(2).method), 6),
        (lambda number: int(number) + 1, 4),
    ],
)
def test_whatever_can_be_called_is_described_by_its_hints(function, wanted):
    assert call(function, number="3") == wanted


def soon(later: "Later") -> "Later":
    return later


@dataclasses.dataclass
class Later:
    depth: int


def test_a_class_that_is_defined_later_in_the_file_is_found():
    assert call(soon, later={"depth": 1}) == Later(1)


def test_what_a_function_takes_by_stars_is_not_asked_of_callers():
    def function(a: int, *args: int, **kwargs: int):
        return a, args, kwargs

    assert [one.name for one in described(function).arguments] == ["a"]
    assert call(function, a=1, b=2) == (1, (), {})


def test_an_explicit_field_goes_before_the_hint_beside_it():
    even = ma.fields.Int(validate=ma.validate.OneOf([2, 4]), metadata={"description": "Even."})
    Even = Annotated[str, even]

    def function(a: Even, b: Even = 4):
        return a, b

    a, b = described(function).arguments
    assert (a.required, b.required) == (True, False)
    assert (a.description, b.default) == ("Even.", 4)
    assert call(function, a=2) == (2, 4)
    # What the author has made is left as it was.
    assert not even.required
    assert even.load_default is ma.missing


def test_declared_fields_go_before_hints_and_the_others_come_from_hints():
    def function(a: int, b: str = "b", **more):
        return a, b, more

    fields = {"a": ma.fields.Str(load_default="x"), "c": ma.fields.Int()}
    arguments = described(function, declared=fields).arguments
    assert [(one.name, type(one.field).__name__) for one in arguments] == [
        ("a", "String"),
        ("b", "String"),
        ("c", "Integer"),
    ]


def test_a_class_is_translated_once_for_each_function():
    translator = Translator()
    first = translator.form(list[Settings]).field().inner.schema
    second = translator.form(Settings).field().schema
    assert type(first) is type(second)
