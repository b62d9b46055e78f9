"""Classes with named members, as arguments."""

from __future__ import annotations

import collections
import dataclasses
import datetime
from typing import Annotated, Generic, NamedTuple, NotRequired, Required, TypedDict, TypeVar

import attrs
import pydantic
import pytest
from annotated_types import doc

from tests.schema.hints.calling import described, received, refusal, taking

T = TypeVar("T")
MISSING = "Missing data for required field."


@dataclasses.dataclass
class Base:
    name: str


@dataclasses.dataclass(kw_only=True)
class Node(Base):
    size: int = 1
    children: list[Node] = dataclasses.field(default_factory=list)
    parent: Node | None = None
    made: str = dataclasses.field(default="here", init=False)

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("size must not be negative")


@dataclasses.dataclass
class Pair(Generic[T]):
    left: T
    right: dict[str, T]


@dataclasses.dataclass
class Grown:
    size: int
    by: dataclasses.InitVar[int]
    times: dataclasses.InitVar[int] = 1

    def __post_init__(self, by: int, times: int) -> None:
        self.size += by * times


class Film(TypedDict, total=False):
    title: Required[str]
    year: int


class Sequel(Film):
    number: NotRequired[int]
    of: str


class Entry(NamedTuple):
    key: str
    count: int = 1


Plain = collections.namedtuple("Plain", "a b", defaults=[2])


@attrs.define
class Item:
    name: str
    _price: float = attrs.field(default=1.0, validator=attrs.validators.ge(0))


class Order(pydantic.BaseModel):
    number: int = pydantic.Field(ge=1, validation_alias="no", description="Which one.")
    code: int | str = 1
    key: pydantic.SecretStr | None = None
    lines: list[Line] = []


class Line(pydantic.BaseModel):
    text: str = pydantic.Field(max_length=3)


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    name: str


class Generally(pydantic.BaseModel, Generic[T]):
    value: T


class Root(pydantic.RootModel[list[int]]):
    @pydantic.model_validator(mode="after")
    def _is_short(self) -> Root:
        if len(self.root) > 2:
            raise ValueError("too long")
        return self


@pydantic.dataclasses.dataclass
class Checked:
    number: int = pydantic.Field(le=3)


@pytest.mark.parametrize(
    ("hint", "value", "wanted"),
    [
        (
            Node,
            {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]},
            Node("a", children=[Node("b", children=[Node("c")])]),
        ),
        (Node, {"name": "a", "parent": {"name": "b"}}, Node("a", parent=Node("b"))),
        (Grown, {"size": 1, "by": 2}, Grown(1, 2)),
        (Grown, {"size": 1, "by": 2, "times": 2}, Grown(5, 0)),
        (Pair[int], {"left": 1, "right": {"a": 2}}, Pair(1, {"a": 2})),
        (Pair[Base], {"left": {"name": "a"}, "right": {}}, Pair(Base("a"), {})),
        (Pair, {"left": "any", "right": {"a": [1]}}, Pair("any", {"a": [1]})),
        (Sequel, {"title": "a", "of": "b"}, {"title": "a", "of": "b"}),
        (Entry, {"key": "a"}, Entry("a")),
        (Plain, {"a": "any"}, Plain("any")),
        (Item, {"name": "a", "price": 2}, Item("a", 2.0)),
        (Order, {"no": 1, "lines": [{"text": "a"}]}, Order(no=1, lines=[Line(text="a")])),
        (Open, {"name": "a", "more": [1]}, Open(name="a", more=[1])),
        (Generally[int], {"value": 1}, Generally[int](value=1)),
        (Root, [1, 2], Root([1, 2])),
        (Checked, {"number": 3}, Checked(3)),
        (dict[str, Item], {"a": {"name": "b"}}, {"a": Item("b")}),
    ],
)
def test_an_object_is_made(hint, value, wanted):
    assert received(hint, value) == wanted


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        (Node, {"children": [{"size": 1}]}, f"name: {MISSING}, children: 0: name: {MISSING}"),
        (Node, {"name": "a", "made": "there"}, "made: Unknown field."),
        (Node, {"name": "a", "size": -1}, "size must not be negative"),
        (Node, [], "_schema: Invalid input type."),
        (Pair[int], {"left": "a", "right": {}}, "left: Not a valid integer."),
        (Sequel, {"number": 1}, f"title: {MISSING}, of: {MISSING}"),
        (Entry, {"count": 1}, f"key: {MISSING}"),
        (Item, {"name": "a", "price": -1}, "'_price' must be >= 0: -1.0"),
        (Order, {"no": 0}, "no: Must be greater than or equal to 1."),
        (Order, {"no": 1, "key": 1}, "key: Input should be a valid string"),
        (
            Order,
            {"no": 1, "lines": [{"text": "long"}]},
            "lines: 0: text: Longer than maximum length 3.",
        ),
        (Order, {"no": 1, "more": 1}, "more: Unknown field."),
        (Root, [1, 2, 3], "Value error, too long"),
        (Root, ["a"], "0: Not a valid integer."),
        (Checked, {"number": 4}, "number: Must be less than or equal to 3."),
    ],
)
def test_what_is_wrong_is_told_by_its_place(hint, value, words):
    assert refusal(hint, value) == words


def test_members_that_only_pydantic_knows_are_left_to_it():
    order = received(Order, {"no": 1, "code": "a", "key": "secret"})
    assert (order.code, order.key.get_secret_value()) == ("a", "secret")


@attrs.define
class Told:
    day: datetime.date = datetime.date(2020, 1, 31)
    names: set[str] = attrs.field(factory=set)
    size: int = attrs.field(default="3", converter=int)
    weight: float = None
    price: Annotated[float, doc("In euros.")] = 1


def test_callers_are_told_the_defaults_and_the_words_of_members():
    (argument,) = described(taking(Told)).arguments
    fields = argument.field.schema.fields
    assert {name: dict(one.metadata) for name, one in fields.items()} == {
        "day": {"default": "2020-01-31"},
        "names": {},
        "size": {},
        "weight": {},
        "price": {"default": 1.0, "description": "In euros."},
    }


def test_a_member_may_be_null_where_that_is_its_default():
    assert received(Told, {"weight": None}) == Told()
