"""Whatever a model answers becomes valid JSON, or is refused with words that say what cannot."""

import collections
import dataclasses
import datetime
import decimal
import enum
import json
import math
import pathlib
import types
import uuid

import attrs
import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as some

from deepaas.serving.encoding import to_json, to_json_or_repr

scalars = (
    some.none()
    | some.booleans()
    | some.integers(-(2**70), 2**70)
    | some.floats()
    | some.text(some.characters(exclude_categories=()))
)
documents = some.recursive(
    scalars,
    lambda inner: (
        some.lists(inner)
        | some.dictionaries(some.text(), inner)
        | some.lists(inner).map(tuple)
        | some.lists(scalars, unique=True).map(set)
    ),
)


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


def decoded(value):
    """Return what a strict reader makes of the JSON."""
    return json.loads(to_json(value), parse_constant=refuse)


def as_json(value):
    """Return what a value of Python is in JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple | set):
        return [as_json(one) for one in value]
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return value


@given(documents)
def test_any_nesting_of_plain_values_is_kept_and_what_is_not_finite_becomes_null(value):
    assert decoded(value) == as_json(value)


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@attrs.define
class Item:
    name: str
    _price: float


class Order(pydantic.BaseModel):
    number: int = pydantic.Field(alias="no")
    to: pydantic.HttpUrl
    key: pydantic.SecretStr
    exact: decimal.Decimal


@dataclasses.dataclass
class Box:
    side: float
    label: str = "box"


class Frame:
    """Like a table of pandas."""

    def to_dict(self):
        return {"column": {0: 1.5}}


class Tensor:
    """Like a tensor of PyTorch."""

    def tolist(self):
        return [[1, 2], [3, math.nan]]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(-3), -3),
        (np.uint8(255), 255),
        (np.bool_(True), True),
        (np.float64("nan"), None),
        (np.str_("text"), "text"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array([1.5, math.nan, math.inf]), [1.5, None, None]),
        (np.array([], dtype=np.float16), []),
        (np.array([1, 2, 3, 4])[::2], [1, 3]),
        (np.array([[1, 2], [3, 4]], order="F"), [[1, 2], [3, 4]]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([1, None, "a"], dtype=object), [1, None, "a"]),
        (np.array(7), 7),
        (np.datetime64("2024-02-29"), "2024-02-29T00:00:00"),
        ({np.int64(1): np.float32(2)}, {"1": 2.0}),
        (Tensor(), [[1, 2], [3, None]]),
        (Frame(), {"column": {"0": 1.5}}),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (datetime.datetime(2024, 2, 29, 12), "2024-02-29T12:00:00"),  # noqa: DTZ001
        (datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC), "2024-02-29T00:00:00+00:00"),
        (datetime.time(12, 30), "12:30:00"),
        (datetime.timedelta(minutes=1), 60.0),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (decimal.Decimal("1.5"), 1.5),
        (pd.Timestamp("2024-01-31T12:00"), "2024-01-31T12:00:00"),
        ({"day": pd.NaT}, {"day": None}),
        (collections.deque([1, 2]), [1, 2]),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Item("a", 1.5), {"name": "a", "price": 1.5}),
        (
            [Order(no=1, to="https://a.org", key="secret", exact="1.5")],
            [{"no": 1, "to": "https://a.org/", "key": "**********", "exact": 1.5}],
        ),
        (Box(1.5), {"side": 1.5, "label": "box"}),
        (b"caf\xc3\xa9", "café"),
        (bytearray(b"text"), "text"),
        (memoryview(b"text").toreadonly(), "text"),
        ({3}, [3]),
        (frozenset({3}), [3]),
        (range(3), [0, 1, 2]),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.Counter("aa"), {"a": 2}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (collections.namedtuple("Point", "x y")(1, 2), [1, 2]),
        ({1: "a", None: "b", False: "c"}, {"1": "a", "null": "b", "false": "c"}),
        ({2.5: 1, datetime.date(2024, 2, 29): 2}, {"2.5": 1, "2024-02-29": 2}),
        ({"large": 2**64, "array": np.array([1.5])}, {"large": 2**64, "array": [1.5]}),
        ({2**64: "a"}, {str(2**64): "a"}),
        ("\ud800", "\ud800"),
    ],
)
def test_values_of_other_types_have_a_json_form(value, wanted):
    assert decoded(value) == wanted


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (b"\xff\xfe", "bytes that are not UTF-8"),
        ({"a": [object()]}, "type object has no JSON form"),
        (1 + 2j, "type complex has no JSON form"),
        (lambda: 1, "type function has no JSON form"),
        ((one for one in "ab"), "type generator has no JSON form"),
        ({(1, 2): "a"}, "a key of type tuple has no JSON form"),
        ({b"\xff": 1}, "bytes that are not UTF-8"),
    ],
)
def test_what_has_no_json_form_is_refused_and_named(value, named):
    with pytest.raises(TypeError, match=named):
        to_json(value)


def test_what_contains_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(TypeError, match="contains itself"):
        to_json(endless)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def test_what_is_nested_200_deep_is_encoded():
    assert decoded(nested(200)) == nested(200)


def test_what_is_nested_5000_deep_is_refused():
    with pytest.raises(TypeError, match="nested too deep"):
        to_json(nested(5000))


class Odd:
    """Shows what it is given, which may be no text."""

    def __init__(self, shown):
        self.shown = shown

    def __repr__(self):
        return self.shown


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({1}, [1]),
        (1j, "1j"),
        (Odd("a" * 100_000), "a" * 10_000),
        (Odd("caf\udcff"), "caf\\udcff"),
        ([Odd("a")], "[a]"),
        (Odd(None), "<Odd>"),
    ],
)
def test_what_has_no_json_form_is_kept_as_its_repr_whatever_that_is(value, kept):
    assert json.loads(to_json_or_repr(value)) == kept
