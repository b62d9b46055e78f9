"""Typed functions for all kinds of hints: ``deepaas-run tests/doors/table.py`` serves them."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import io
import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    TypedDict,
    TypeVar,
)

import attrs
import numpy as np
import pandas as pd
import pydantic
from annotated_types import (
    Ge,
    Gt,
    Interval,
    Le,
    Len,
    LowerCase,
    Lt,
    MaxLen,
    MinLen,
    MultipleOf,
    Predicate,
    Timezone,
)
from marshmallow import validate
from numpy.typing import NDArray
from PIL import Image
from webargs import fields

import deepaas
from deepaas.types import (
    Audio,
    Dtype,
    File,
    Media,
    Picture,
    ReturnedFile,
    Shape,
    UploadedFile,
    Url,
    Video,
)

T = TypeVar("T")
Nick = NewType("Nick", str)


class Color(enum.Enum):
    """Its values can be sent."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    """So can these."""

    LOW = 1
    HIGH = 2


class Corner(enum.Enum):
    """Its values cannot, so its names are."""

    TOP = (0, 1)
    BOTTOM = (0, 0)


@dataclasses.dataclass
class Point:
    """Has others of its own kind."""

    x: float
    y: Annotated[float, Ge(0)] = 0.0
    near: list[Point] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Box(Generic[T]):
    """Holds anything."""

    inside: T
    more: list[T] = dataclasses.field(default_factory=list)


class Film(TypedDict):
    """A dictionary."""

    title: str
    year: NotRequired[int]


class Entry(NamedTuple):
    """A named tuple."""

    key: str
    count: int = 1


@attrs.define
class Item:
    """A class of attrs, with a member that is private."""

    name: str
    _price: float = 1.0


class Order(pydantic.BaseModel):
    """A class of Pydantic, with an alias, constraints and a validator of its own."""

    number: int = pydantic.Field(ge=1, alias="no")
    codes: list[int | str] = []
    to: pydantic.HttpUrl | None = None

    @pydantic.field_validator("number")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("only odd ones")
        return value


def shown(given: dict[str, Any]) -> dict[str, str]:
    """Return what a function has received, so far as it was sent."""
    return {name: repr(value) for name, value in given.items() if value is not None}


@deepaas.served()
def scalars(
    text: str | None = None,
    whole: int | None = None,
    number: float | None = None,
    switch: bool | None = None,
    day: datetime.date | None = None,
    moment: datetime.datetime | None = None,
    clock: datetime.time | None = None,
    span: datetime.timedelta | None = None,
    identity: uuid.UUID | None = None,
    address: Url | None = None,
    exact: decimal.Decimal | None = None,
    link: pydantic.HttpUrl | None = None,
    nick: Nick | None = None,
    either: int | float | None = None,
) -> dict[str, str]:
    """Take plain values."""
    return shown(locals())


@deepaas.served()
def defaults(
    text: str,
    times: int = 2,
    *,
    loud: bool = False,
    color: Color = Color.RED,
    sizes: Sequence[int] = (1, 2),
    tags: frozenset[str] = frozenset({"a"}),
    weights: dict[str, float] = {"a": 0.5},  # noqa: B006 - it is not changed
    day: datetime.date = datetime.date(2020, 1, 31),
    pair: tuple[int, str] = (1, "a"),
    point: Point = Point(1.0),  # noqa: B008 - likewise
    nothing: str = None,  # noqa: RUF013 - as authors write it
) -> dict[str, str]:
    """Have defaults of all kinds; only the text is required."""
    return shown(locals())


@deepaas.served()
def choices(
    letter: Literal["a", "b", None] = None,
    digit: Literal[1, 2] | None = None,
    color: Color | None = None,
    level: Level | None = None,
    corner: Corner | None = None,
    colors: list[Color] | None = None,
) -> dict[str, str]:
    """Take one of several values."""
    return shown(locals())


@deepaas.served()
def collected(
    whole: list[int] | None = None,
    texts: Sequence[str] | None = None,
    rows: list[list[int]] | None = None,
    names: set[str] | None = None,
    pair: tuple[int, str] | None = None,
    series: tuple[float, ...] | None = None,
    counts: dict[str, int] | None = None,
    by_number: dict[int, Color] | None = None,
    free: dict | None = None,
    by_day: Mapping[datetime.date, int] | None = None,
    days: list[datetime.date] | None = None,
) -> dict[str, str]:
    """Take many values."""
    return shown(locals())


@deepaas.served()
def structured(
    point: Point | None = None,
    points: list[Point] | None = None,
    box: Box[int] | None = None,
    film: Film | None = None,
    entry: Entry | None = None,
    item: Item | None = None,
    order: Order | None = None,
) -> dict[str, str]:
    """Take values with named members."""
    return shown(locals())


@deepaas.served()
def bounded(
    at_least: Annotated[int, Ge(2), "Two or more."] = 2,
    above: Annotated[float, Gt(0)] = 1,
    at_most: Annotated[int, Le(5)] = 5,
    below: Annotated[float, Lt(1)] = 0,
    between: Annotated[int, Interval(gt=1, le=9)] = 2,
    word: Annotated[str, Len(1, 3)] = "a",
    long: Annotated[str, MinLen(2)] = "aa",
    few: Annotated[list[int], MaxLen(2)] = (),
    even: Annotated[int, MultipleOf(2)] = 2,
    lower: LowerCase[str] = "a",
    odd: Annotated[int, Predicate(lambda value: value % 2)] = 1,
    code: Annotated[str, re.compile(r"[A-Z]{2}\d$")] = "AB1",
    ratio: Annotated[float, pydantic.Field(ge=0, le=1, description="A part.")] = 0.5,
    each: list[Annotated[int, Ge(0)]] = (),
    maybe: Annotated[int | None, Ge(0)] = None,
    since: Annotated[datetime.date, Ge(datetime.date(2020, 1, 1))] = datetime.date(2020, 1, 1),
    here: Annotated[datetime.datetime | None, Timezone(None)] = None,
    there: Annotated[datetime.datetime | None, Timezone(...)] = None,
    both: Annotated[int, Gt(0), Ge(0)] = 1,
) -> list[str]:
    """Take what is within bounds."""
    return ["within"]


@deepaas.served()
def files(
    data: bytes | None = None,
    path: Path | None = None,
    upload: UploadedFile | None = None,
    file: File | None = None,
    picture: Picture | None = None,
    sound: Audio | None = None,
    film: Video | None = None,
    several: list[File] | None = None,
    image: Image.Image | None = None,
    opened: io.BytesIO | None = None,
    images: list[Image.Image] | None = None,
) -> dict[str, Any]:
    """Take files."""
    if isinstance(image, Image.Image):
        return {"image": [*image.size, image.mode]}
    if images:
        return {"images": [[*one.size, one.mode] for one in images]}
    contents = {
        "data": lambda: data.decode(),
        "path": lambda: path.read_text(),
        "opened": lambda: opened.read().decode(),
        "upload": lambda: [upload.original_filename, upload.content_type],
        "several": lambda: [one.read().decode() for one in several],
    } | {
        name: lambda one=one: [one.original_filename, one.read().decode()]
        for name, one in (("file", file), ("picture", picture), ("sound", sound), ("film", film))
    }
    given = {name for name, value in locals().items() if value is not None}
    return {name: read() for name, read in contents.items() if name in given}


@deepaas.served()
def arrays(
    vector: np.ndarray | None = None,
    matrix: Annotated[np.ndarray, Dtype("float32"), Shape(None, 2)] | None = None,
    pixels: NDArray[np.uint8] | None = None,
    several: list[np.ndarray] | None = None,
) -> dict[str, Any]:
    """Take arrays."""
    given = {"vector": vector, "matrix": matrix, "pixels": pixels}
    found = {
        name: [str(one.dtype), one.shape, one] for name, one in given.items() if one is not None
    }
    return found | ({"several": several} if several else {})


@deepaas.served()
def doubled(table: pd.DataFrame) -> pd.DataFrame:
    """Take a table, and answer one."""
    return table * 2


@deepaas.served()
class Mixed:
    """Has fields beside hints."""

    def get_predict_args(self) -> dict[str, fields.Field]:
        """Say more of one argument than its hint does."""
        return {"size": fields.Int(load_default=3, validate=validate.Range(1, 5))}

    @deepaas.predict
    def measure(
        self,
        size: str,
        name: Annotated[str, fields.Str(validate=validate.Length(max=3))],
        other: float = 1,
    ) -> dict[str, Any]:
        """Answer what came."""
        return {"size": size, "name": name, "other": other}


@deepaas.served()
def nearest(x: float, deep: bool = False) -> Point:
    """Answer a dataclass."""
    return Point(x, 1.0, [Point(0.0)] if deep else [])


@deepaas.served()
def ordered(number: int) -> Order:
    """Answer an object of Pydantic."""
    return Order(no=number, to="https://a.org/")


@deepaas.served()
def priced(price: float) -> Item:
    """Answer an object of attrs."""
    return Item("a", price)


@deepaas.served()
def entered(key: str) -> Entry | None:
    """Answer a named tuple, or nothing."""
    return Entry(key, 2) if key else None


@deepaas.served()
def summed(numbers: list[float]) -> Annotated[np.ndarray, Dtype("float64")]:
    """Answer an array."""
    return np.cumsum(numbers)


@deepaas.served()
def scaled(numbers: list[float], by: float = 2) -> NDArray[np.float32]:
    """Answer an array whose numbers are of a type."""
    return np.multiply(numbers, by, dtype="float32")


@deepaas.served()
async def awaited(text: str) -> str:
    """Answer later."""
    return text.upper()


@deepaas.served()
def counted(to: Annotated[int, Ge(0)]) -> Iterator[int]:
    """Answer one number after the other."""
    yield from range(to)


@deepaas.served()
async def counted_later(to: Annotated[int, Ge(0)]) -> AsyncIterator[int]:
    """Answer one number after the other, when it is time."""
    for number in range(to):
        yield number


@deepaas.served()
@deepaas.predict(largest_batch=4)
def together(number: list[int], other: list[int] = 1) -> list[int]:
    """Answer several callers at once."""
    return [one + more for one, more in zip(number, other, strict=True)]


@deepaas.served()
def painted(color: Literal["red", "blue"], wide: int = 2) -> Image.Image:
    """Answer a picture, in the format that callers like."""
    return Image.new("RGBA", (wide, 1), color)


@deepaas.served()
def written(text: str, accept: str = "text/csv") -> Annotated[str, Media("text/plain", "text/csv")]:
    """Answer texts of two types, knowing which."""
    return f"{text} as {accept}"


@deepaas.served()
def raw(length: int) -> bytes:
    """Answer bytes."""
    return b"\0" * length


@deepaas.served()
def kept(picture: Picture) -> Picture:
    """Answer a file as it came."""
    return ReturnedFile("picture", str(picture.path), picture.content_type, "kept.png")


@deepaas.served()
def explained(color: str, accept: str = "image/png") -> dict[str, Any] | Image.Image:
    """Answer a picture, or words for it."""
    if accept == "application/json":
        return {"color": color}
    return Image.new("RGB", (1, 1), color)
