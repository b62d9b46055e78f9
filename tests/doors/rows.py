"""Calls of the functions in the table, and what every door answers."""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from PIL import Image

JSON = "application/json"
MISSING = "Missing data for required field."
UUID = "12345678-1234-5678-1234-567812345678"


@dataclass(frozen=True)
class Sent:
    """A file that is sent.

    Args:
        content: its bytes.
        name: its base name, which tells its type.
    """

    content: bytes
    name: str = "file.txt"

    @property
    def type(self) -> str:
        """Its MIME type, as its name tells it."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


class Whole(list[Any]):
    """A list that is one value, not several."""


@dataclass(frozen=True)
class Row:
    """A call, and what becomes of it.

    Args:
        model: name of the function.
        arguments: plain values and files, by name.
        answer: what is answered, as ``read`` gives it.
        refused: in its place, messages by argument, each in one line.
        accept: the content type that is asked for; empty for the default.
        content_type: that of the answer.
        read: makes a plain value of the body.
        typed: whether it only means the same where types of JSON can be told from texts.
    """

    model: str
    arguments: Mapping[str, Any]
    answer: Any = None
    refused: Mapping[str, str] | None = None
    accept: str = ""
    content_type: str = JSON
    read: Callable[[bytes], Any] = orjson.loads
    typed: bool = False


def picture(width: int = 2, kind: str = "PNG") -> bytes:
    """Return a red picture."""
    file = io.BytesIO()
    Image.new("RGB", (width, 1), "red").save(file, kind)
    return file.getvalue()


def size_of(body: bytes) -> list[Any]:
    """Return the format and the size of a picture."""
    with Image.open(io.BytesIO(body)) as image:
        return [image.format, *image.size]


DAYS = "[datetime.date(2024, 2, 29), datetime.date(2024, 3, 1)]"
# What is sent as one argument of a model, and the Python value that it receives.
TAKEN: dict[str, list[tuple[str, Any, str]]] = {
    "scalars": [
        ("text", "ä b & c=1", "'ä b & c=1'"),
        ("text", "", "''"),
        ("whole", -5, "-5"),
        ("number", 2.5, "2.5"),
        ("number", 3, "3.0"),
        ("switch", True, "True"),
        ("switch", False, "False"),
        ("day", "2024-02-29", "datetime.date(2024, 2, 29)"),
        ("moment", "2024-02-29T12:30:00", "datetime.datetime(2024, 2, 29, 12, 30)"),
        (
            "moment",
            "2024-02-29T12:30:00Z",
            "datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)",
        ),
        ("clock", "12:30:00", "datetime.time(12, 30)"),
        ("span", 1.5, "datetime.timedelta(seconds=1, microseconds=500000)"),
        ("identity", UUID, f"UUID('{UUID}')"),
        ("address", "https://example.org/a?b=c", "'https://example.org/a?b=c'"),
        ("exact", 1.25, "Decimal('1.25')"),
        ("link", "https://example.org/a", "HttpUrl('https://example.org/a')"),
        ("nick", "me", "'me'"),
        ("either", 2.5, "2.5"),
    ],
    "choices": [
        ("letter", "b", "'b'"),
        ("digit", 2, "2"),
        ("color", "blue", "<Color.BLUE: 'blue'>"),
        ("level", 2, "<Level.HIGH: 2>"),
        ("corner", "TOP", "<Corner.TOP: (0, 1)>"),
        ("colors", ["red", "blue"], "[<Color.RED: 'red'>, <Color.BLUE: 'blue'>]"),
        ("colors", ["blue"], "[<Color.BLUE: 'blue'>]"),
    ],
    "collected": [
        ("whole", [1, 2], "[1, 2]"),
        ("whole", [], "[]"),
        ("texts", ["a,b", "[c]"], "['a,b', '[c]']"),
        ("rows", [[1, 2], [3]], "[[1, 2], [3]]"),
        ("rows", [[1, 2]], "[[1, 2]]"),
        ("names", ["a", "a"], "{'a'}"),
        ("pair", [1, "b"], "(1, 'b')"),
        ("series", [1, 2.5], "(1.0, 2.5)"),
        ("counts", {"a": 1}, "{'a': 1}"),
        ("by_number", {"1": "red"}, "{1: <Color.RED: 'red'>}"),
        ("free", {"a": [1, None, {"b": True}]}, "{'a': [1, None, {'b': True}]}"),
        ("by_day", {"2024-02-29": 1}, "{datetime.date(2024, 2, 29): 1}"),
        ("days", ["2024-02-29", "2024-03-01"], DAYS),
    ],
    "structured": [
        (
            "point",
            {"x": 1, "near": [{"x": 2, "y": 3}]},
            "Point(x=1.0, y=0.0, near=[Point(x=2.0, y=3.0, near=[])])",
        ),
        ("points", [{"x": 1}], "[Point(x=1.0, y=0.0, near=[])]"),
        ("box", {"inside": 1, "more": [2]}, "Box(inside=1, more=[2])"),
        ("film", {"title": "M"}, "{'title': 'M'}"),
        ("film", {"title": "M", "year": 1931}, "{'title': 'M', 'year': 1931}"),
        ("entry", {"key": "a"}, "Entry(key='a', count=1)"),
        ("item", {"name": "a", "price": 2}, "Item(name='a', _price=2.0)"),
        (
            "order",
            {"no": 3, "codes": [1, "a"], "to": "http://a.org"},
            "Order(number=3, codes=[1, 'a'], to=HttpUrl('http://a.org/'))",
        ),
    ],
}
# What is sent as one argument of a model, and the words by which it is refused.
REFUSED: dict[str, list[tuple[str, Any, str]]] = {
    "scalars": [
        ("whole", "five", "Not a valid integer."),
        ("whole", 1.5, "Not a valid integer."),
        ("number", "much", "Not a valid number."),
        ("switch", "perhaps", "Not a valid boolean."),
        ("day", "2023-02-29", "Not a valid date."),
        ("moment", "noon", "Not a valid datetime."),
        ("clock", "noon", "Not a valid time."),
        ("span", "long", "Not a valid period of time."),
        ("identity", "1234", "Not a valid UUID."),
        ("address", "example", "Not a valid URL."),
        ("exact", "much", "Not a valid number."),
        ("link", "example", "Not a valid URL."),
        ("either", "much", "Not a valid number."),
        ("text", "a\0b", "Null bytes are not allowed."),
    ],
    "choices": [
        ("letter", "c", "Must be one of: a, b."),
        ("digit", 3, "Must be one of: 1, 2."),
        ("color", "RED", "Must be one of: red, blue."),
        ("level", 3, "Must be one of: 1, 2."),
        ("corner", "LEFT", "Must be one of: TOP, BOTTOM."),
        ("colors", ["red", "green"], "1: Must be one of: red, blue."),
    ],
    "collected": [
        ("whole", [1, "x"], "1: Not a valid integer."),
        ("rows", [[1], ["x"]], "1: 0: Not a valid integer."),
        ("pair", [1, "a", "b"], "Length must be 2."),
        ("counts", {"a": "b"}, "a: value: Not a valid integer."),
        ("by_number", {"x": "red"}, "x: key: Not a valid integer."),
        ("free", "x", "Not a valid mapping type."),
        ("by_day", {"today": 1}, "today: key: Not a valid date."),
        ("days", ["2024-02-29", "today"], "1: Not a valid date."),
    ],
    "structured": [
        ("point", {"y": 1}, f"x: {MISSING}"),
        ("point", {"x": 1, "y": -1}, "y: Must be greater than or equal to 0."),
        ("point", {"x": 1, "z": 1}, "z: Unknown field."),
        ("points", [{"x": 1}, {"x": "a"}], "1: x: Not a valid number."),
        ("box", {"inside": "a"}, "inside: Not a valid integer."),
        ("film", {"year": 1}, f"title: {MISSING}"),
        ("entry", {"key": "a", "count": "b"}, "count: Not a valid integer."),
        ("item", {"price": 2}, f"name: {MISSING}"),
        ("order", {"no": 0}, "no: Must be greater than or equal to 1."),
        ("order", {"no": 2}, "no: Value error, only odd ones"),
    ],
    "bounded": [
        ("at_least", 1, "Must be greater than or equal to 2."),
        ("above", 0, "Must be greater than 0."),
        ("at_most", 6, "Must be less than or equal to 5."),
        ("below", 1, "Must be less than 1."),
        ("between", 1, "Must be greater than 1 and less than or equal to 9."),
        ("word", "long", "Length must be between 1 and 3."),
        ("long", "a", "Shorter than minimum length 2."),
        ("few", [1, 2, 3], "Longer than maximum length 2."),
        ("even", 3, "Must be a multiple of 2."),
        ("lower", "A", "Must hold: islower."),
        ("odd", 2, "Is not valid."),
        ("code", "AB", "String does not match expected pattern."),
        ("ratio", 1.5, "Must be greater than or equal to 0 and less than or equal to 1."),
        ("each", [1, -1], "1: Must be greater than or equal to 0."),
        ("maybe", -1, "Must be greater than or equal to 0."),
        ("since", "2019-12-31", "Must be greater than or equal to 2020-01-01."),
        ("here", "2024-01-01T00:00:00Z", "Must have no time zone."),
        ("there", "2024-01-01T00:00:00", "Must have a time zone."),
        ("both", 0, "Must be greater than 0."),
    ],
    "arrays": [
        ("vector", Whole(["a"]), "Not a valid array of numbers."),
        ("vector", "a", "Not a valid list of numbers."),
        ("matrix", Whole([[1, 2, 3]]), "Must have the shape (any, 2), not (1, 3)."),
        ("pixels", Whole([300]), "Not a valid array of uint8: some numbers do not fit."),
        ("pixels", Whole([1.5]), "Not a valid array of uint8: some numbers do not fit."),
    ],
    "files": [
        ("picture", Sent(b"", "a.txt"), "Must be a file of type image/*, not text/plain."),
        ("sound", Sent(b"", "a.png"), "Must be a file of type audio/*, not image/png."),
        ("film", Sent(b"", "a.png"), "Must be a file of type video/*, not image/png."),
        (
            "image",
            Sent(b"no picture", "a.png"),
            "Not a picture that can be read: UnidentifiedImageError",
        ),
    ],
}
# Functions whose items come one by one where the whole is not asked for.
STREAMS = ("counted", "counted_later")
BOUNDED = {
    "at_least": 2,
    "above": 0.1,
    "at_most": 5,
    "below": 0.5,
    "between": 9,
    "word": "abc",
    "long": "ab",
    "few": [1, 2],
    "even": 4,
    "lower": "a",
    "odd": 3,
    "code": "XY2",
    "ratio": 1,
    "each": [0, 1],
    "maybe": 0,
    "since": "2020-01-01",
    "here": "2024-01-01T00:00:00",
    "there": "2024-01-01T00:00:00Z",
    "both": 1,
}
DEFAULTS = {
    "text": "'a'",
    "times": "2",
    "loud": "False",
    "color": "<Color.RED: 'red'>",
    "sizes": "[1, 2]",
    "tags": "frozenset({'a'})",
    "weights": "{'a': 0.5}",
    "day": "datetime.date(2020, 1, 31)",
    "pair": "(1, 'a')",
    "point": "Point(x=1.0, y=0.0, near=[])",
}
TABLE = [{"a": 1, "b": 0.5}, {"a": 2, "b": 1.5}]
DOUBLED = [{"a": 2, "b": 1.0}, {"a": 4, "b": 3.0}]
CSV = b"a,b\n1,0.5\n2,1.5\n"
RED = Sent(picture(), "red.png")


def rows() -> Iterator[Row]:
    """Give all calls."""
    for model, cases in TAKEN.items():
        for name, value, shown in cases:
            yield Row(model, {name: value}, {name: shown})
    for model, cases in REFUSED.items():
        for name, value, words in cases:
            yield Row(model, {name: value}, refused={name: words})
    yield from _arguments()
    yield from _answers()


def _arguments() -> Iterator[Row]:
    yield Row("defaults", {"text": "a"}, DEFAULTS)
    yield Row(
        "defaults",
        {"text": "b", "loud": True, "times": 3, "pair": [2, "b"], "nothing": "x"},
        DEFAULTS
        | {"text": "'b'", "loud": "True", "times": "3", "pair": "(2, 'b')", "nothing": "'x'"},
    )
    yield Row(
        "defaults", {"times": "x"}, refused={"text": MISSING, "times": "Not a valid integer."}
    )
    # Only JSON tells null and numbers from texts.
    yield Row("scalars", {"text": None, "whole": 1}, {"whole": "1"}, typed=True)
    yield Row("scalars", {"text": 1}, refused={"text": "Not a valid string."}, typed=True)
    yield Row("defaults", {"text": None}, refused={"text": "Field may not be null."}, typed=True)
    yield Row("choices", {"letter": None, "color": None}, {}, typed=True)
    yield Row("bounded", BOUNDED, ["within"])
    yield Row("arrays", {"vector": Whole([1, 2])}, {"vector": ["int64", [2], [1, 2]]})
    yield Row("arrays", {"matrix": Whole([[1, 2]])}, {"matrix": ["float32", [1, 2], [[1.0, 2.0]]]})
    yield Row("arrays", {"pixels": Whole([255, 0])}, {"pixels": ["uint8", [2], [255, 0]]})
    yield Row("arrays", {"several": [[1], [2, 3]]}, {"several": [[1], [2, 3]]})
    yield Row("arrays", {"several": [[1, 2]]}, {"several": [[1, 2]]})
    yield Row("Mixed", {"name": "a"}, {"size": 3, "name": "a", "other": 1})
    yield Row(
        "Mixed",
        {"size": 6, "name": "long"},
        refused={
            "size": "Must be greater than or equal to 1 and less than or equal to 5.",
            "name": "Longer than maximum length 3.",
        },
    )
    text = Sent(b"words")
    yield Row("files", {"data": text}, {"data": "words"})
    yield Row("files", {"path": text}, {"path": "words"})
    yield Row("files", {"upload": text}, {"upload": ["file.txt", "text/plain"]})
    yield Row("files", {"file": text}, {"file": ["file.txt", "words"]})
    for name, ending in (("picture", "png"), ("sound", "wav"), ("film", "mp4")):
        sent = Sent(b"any", f"some.{ending}")
        yield Row("files", {name: sent}, {name: [f"some.{ending}", "any"]})
    yield Row("files", {"several": [text, Sent(b"more")]}, {"several": ["words", "more"]})
    yield Row("files", {"several": [text]}, {"several": ["words"]})
    yield Row("files", {"image": RED}, {"image": [2, 1, "RGB"]})
    yield Row("files", {"opened": text}, {"opened": "words"})
    wide = Sent(picture(3), "wide.png")
    yield Row("files", {"images": [RED, wide]}, {"images": [[2, 1, "RGB"], [3, 1, "RGB"]]})


def _answers() -> Iterator[Row]:
    csv, json = Sent(CSV, "table.csv"), Sent(orjson.dumps(TABLE), "table.json")
    tsv = Sent(CSV.replace(b",", b"\t"), "table.tsv")
    yield Row("doubled", {"table": csv}, DOUBLED)
    yield Row("doubled", {"table": json}, DOUBLED)
    yield Row("doubled", {"table": tsv}, DOUBLED)
    yield Row(
        "doubled",
        {"table": csv},
        "a,b\n2,1.0\n4,3.0\n",
        accept="text/csv",
        content_type="text/csv",
        read=bytes.decode,
    )
    yield Row("doubled", {}, refused={"table": MISSING})
    point = {"x": 0.0, "y": 0.0, "near": []}
    yield Row("nearest", {"x": 2, "deep": True}, {"x": 2.0, "y": 1.0, "near": [point]})
    yield Row("nearest", {"x": 2}, {"x": 2.0, "y": 1.0, "near": []})
    yield Row("ordered", {"number": 3}, {"no": 3, "codes": [], "to": "https://a.org/"})
    yield Row("priced", {"price": 2}, {"name": "a", "price": 2.0})
    yield Row("entered", {"key": "a"}, ["a", 2])
    yield Row("entered", {"key": ""}, None)
    yield Row("summed", {"numbers": [1, 2.5]}, [1.0, 3.5])
    yield Row("scaled", {"numbers": [1, 2.5]}, [2.0, 5.0])
    yield Row("scaled", {"numbers": ["a"]}, refused={"numbers": "0: Not a valid number."})
    yield Row("awaited", {"text": "a"}, "A")
    yield Row("awaited", {}, refused={"text": MISSING})
    for counting in STREAMS:
        yield Row(counting, {"to": 2}, [0, 1], accept=JSON)
        below = {"to": "Must be greater than or equal to 0."}
        yield Row(counting, {"to": -1}, refused=below, accept=JSON)
    yield Row("together", {"number": 1}, 2)
    yield Row("together", {"number": 1, "other": 2}, 3)
    yield Row("together", {"number": "a"}, refused={"number": "Not a valid integer."})
    for accept, kind in {"": "png", "image/png": "png", "image/jpeg": "jpeg"}.items():
        yield Row(
            "painted",
            {"color": "red"},
            [kind.upper(), 2, 1],
            accept=accept,
            content_type=f"image/{kind}",
            read=size_of,
        )
    for accept in ("", "text/plain", "text/csv"):
        chosen = accept or "text/csv"
        yield Row(
            "written",
            {"text": "ä"},
            f"ä as {chosen}",
            accept=accept,
            content_type=chosen,
            read=bytes.decode,
        )
    yield Row("raw", {"length": 3}, [0, 0, 0], content_type="application/octet-stream", read=list)
    yield Row("kept", {"picture": RED}, ["PNG", 2, 1], content_type="image/png", read=size_of)
    yield Row(
        "explained",
        {"color": "red"},
        ["PNG", 1, 1],
        accept="image/png",
        content_type="image/png",
        read=size_of,
    )
    yield Row("explained", {"color": "red"}, {"color": "red"}, accept=JSON)
