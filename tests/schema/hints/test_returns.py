"""What a function answers, by its return hint."""

import dataclasses
import enum
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, NamedTuple, TypedDict

import attrs
import marshmallow as ma
import numpy as np
import pandas as pd
import pydantic
import pytest
from annotated_types import Ge
from PIL import Image

from deepaas.schema.hints.returns import describe_return
from deepaas.serving.encoding import to_json
from deepaas.types import Audio, Dtype, File, Media, Picture

JSON = "application/json"
PICTURES = ("image/png", "image/jpeg", "image/webp")


class Corner(enum.Enum):
    TOP = (0, 1)


@dataclasses.dataclass
class Area:
    width: float
    height: float = 1.0
    area: float = dataclasses.field(init=False)
    corner: Corner = Corner.TOP

    def __post_init__(self):
        self.area = self.width * self.height


class Entry(NamedTuple):
    key: str
    count: int = 1


class Film(TypedDict, total=False):
    title: str


@attrs.define
class Item:
    _price: float
    entry: Entry | None = None


class Order(pydantic.BaseModel):
    number: int = pydantic.Field(alias="no")
    to: pydantic.HttpUrl
    key: pydantic.SecretStr

    @pydantic.computed_field
    @property
    def half(self) -> float:
        return self.number / 2


class Numbers(pydantic.RootModel[list[int]]):
    pass


@pytest.mark.parametrize(
    ("hint", "types"),
    [
        (dict, ()),
        (str, ()),
        (None, ()),
        (Any, ()),
        (np.ndarray, ()),
        (bytes, ("application/octet-stream",)),
        (Image.Image, PICTURES),
        (Picture, ("image/*",)),
        (Audio, ("audio/*",)),
        (File, ()),
        (pd.DataFrame, (JSON, "text/csv")),
        (dict | Image.Image, (*PICTURES, JSON)),
        (Image.Image | None, (*PICTURES, JSON)),
        (Annotated[Image.Image, Media("image/jpeg")], ("image/jpeg",)),
        (Annotated[bytes, Media("audio/wav")] | dict, ("audio/wav", JSON)),
        (Annotated[str, Media("text/csv", "text/html")], ("text/csv", "text/html")),
        (Annotated[bytes | str, Media("text/csv")], ("text/csv",)),
    ],
)
def test_content_types_are_those_of_the_hint(hint, types):
    assert describe_return(hint).types == types


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (Area, Area(2.0)),
        (list[Area], [Area(2.0)]),
        (Entry, Entry("a")),
        (Film, {"title": "M"}),
        (Film, {}),
        (Item, Item(1.5, Entry("a"))),
        (Order, Order(no=3, to="https://a.org", key="secret")),
        (Numbers, Numbers([1, 2])),
        (Corner, Corner.TOP),
        (str | None, None),
        (dict[str, float], {"a": 1.0}),
        (tuple[int, str], (1, "a")),
        (set[int], {1}),
        (Annotated[np.ndarray, Dtype("float32")], np.ones((2, 2), "float32")),
        (Annotated[float, Ge(0)], 1.0),
    ],
)
def test_what_fits_a_hint_fits_what_callers_are_told(hint, value):
    import orjson

    field = describe_return(hint).field
    assert field is not None
    field.deserialize(orjson.loads(to_json(value)))


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (Area, {"width": 1}),
        (Entry, ["a"]),
        (Film, {"name": "M"}),
        (list[int], ["a"]),
        (str, None),
        (Annotated[float, Ge(0)], -1),
    ],
)
def test_what_does_not_fit_a_hint_is_found_out(hint, value):
    with pytest.raises(ma.ValidationError):
        describe_return(hint).field.deserialize(value)


@pytest.mark.parametrize("hint", [Any, None, object, int | str, File, bytes, pd.DataFrame])
def test_other_answers_are_free(hint):
    assert describe_return(hint).field is None or hint is object


@pytest.mark.parametrize("hint", [Iterator[int], AsyncIterator[int]])
def test_of_a_stream_the_items_are_described(hint):
    assert type(describe_return(hint, streams=True).field).__name__ == "WholeNumber"
