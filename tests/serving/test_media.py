"""Pictures and tables, in the content type that a caller has asked for."""

import io

import orjson
import pandas as pd
import pytest
from PIL import Image

from deepaas.serving.answers import Form, render
from deepaas.serving.media import FORMATS, encoded

TABLE = pd.DataFrame(
    {
        "name": ["a", None],
        "score": [0.5, float("nan")],
        "when": pd.to_datetime(["2024-01-31T12:00:00", None]),
    }
)


def rendered(result, accept):
    """Return what a caller gets."""
    answer = render(result, None, Form(accept, "", bare=True))
    return answer.content_type, answer.body


@pytest.mark.parametrize("content_type", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "F", "I"])
def test_a_picture_of_any_mode_comes_in_any_format(content_type, mode):
    told, body = rendered(Image.new(mode, (3, 2)), content_type)
    assert told == content_type
    with Image.open(io.BytesIO(body)) as picture:
        assert (picture.format, picture.size) == (FORMATS[content_type], (3, 2))


@pytest.mark.parametrize("accept", ["image/*", "*/*"])
def test_a_picture_of_any_kind_is_png(accept):
    assert encoded(Image.new("L", (1, 1)), accept).startswith(b"\x89PNG")


@pytest.mark.parametrize("accept", ["", "application/json", "image/x-unknown", "text/csv"])
def test_a_picture_does_not_become_what_it_is_not(accept):
    with pytest.raises(ValueError, match=r"a picture cannot be sent as .*; offer one of image/png"):
        encoded(Image.new("L", (1, 1)), accept)


def test_a_table_in_json_is_a_list_of_rows():
    content_type, body = rendered(TABLE, "application/json")
    assert content_type == "application/json"
    assert orjson.loads(body) == [
        {"name": "a", "score": 0.5, "when": "2024-01-31T12:00:00.000"},
        {"name": None, "score": None, "when": None},
    ]


def test_a_table_in_csv_has_its_columns_and_no_index():
    content_type, body = rendered(TABLE, "text/csv")
    assert content_type == "text/csv"
    assert body == b"name,score,when\na,0.5,2024-01-31 12:00:00\n,,\n"


def test_a_column_in_json_is_by_index():
    assert encoded(pd.Series([1, 2], index=["a", "b"]), "") == {"a": 1, "b": 2}


def test_other_results_are_left_alone():
    for result in ({"a": 1}, b"bytes", None, 3):
        assert encoded(result, "image/png") is result
