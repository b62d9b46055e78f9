"""Files, pictures, tables and arrays, as arguments."""

import io
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from deepaas.files import UploadedFile
from deepaas.types import Dtype, File, Picture, Shape
from tests.schema.hints.calling import default_of, described, received, refusal, taking


@pytest.fixture
def adapt(tmp_path):
    """Make of a file with some content what a hint says."""

    def make(hint, content: bytes, name: str = "file.txt", content_type: str = "text/plain"):
        path = tmp_path / "sent"
        path.write_bytes(content)
        sent = UploadedFile("x", str(path), content_type, name)
        return described(taking(hint)).arguments.adapt({"x": sent})["x"]

    return make


def test_bytes_are_the_content_of_a_file(adapt):
    assert adapt(bytes, b"a") == b"a"
    assert adapt(bytearray, b"a") == bytearray(b"a")
    assert adapt(io.BytesIO, b"a").read() == b"a"


def test_a_path_leads_to_the_file(adapt):
    assert adapt(Path, b"a").read_bytes() == b"a"


def test_a_file_says_what_it_is(adapt):
    file = adapt(Picture, b"a", "a.png", "image/png")
    assert type(file) is Picture
    assert (file.original_filename, file.content_type) == ("a.png", "image/png")
    with file.open() as stream:
        assert file.read() == stream.read() == file.path.read_bytes() == b"a"


def test_an_upload_is_handed_over_as_it_is(adapt):
    assert type(adapt(UploadedFile, b"a")) is UploadedFile


@pytest.mark.parametrize(
    ("content", "name", "content_type"),
    [
        (b"a,b\n1,x\n", "table.csv", "text/csv"),
        (b"a,b\n1,x\n", "table", "application/octet-stream"),
        (b"a\tb\n1\tx\n", "table.tsv", "application/octet-stream"),
        (b'[{"a": 1, "b": "x"}]', "table.json", "application/octet-stream"),
        (b'[{"a": 1, "b": "x"}]', "any", "application/json; charset=utf-8"),
    ],
)
def test_a_table_is_read_by_its_type_or_name(adapt, content, name, content_type):
    table = adapt(pd.DataFrame, content, name, content_type)
    assert table.to_dict("records") == [{"a": 1, "b": "x"}]


def test_a_picture_is_read_as_a_whole(adapt):
    file = io.BytesIO()
    Image.new("L", (3, 2), 7).save(file, "PNG")
    picture = adapt(Image.Image, file.getvalue(), "a.png", "image/png")
    assert (picture.size, picture.getpixel((2, 1))) == ((3, 2), 7)


def test_several_files_are_each_made(adapt):
    arguments = described(taking(list[bytes])).arguments
    assert arguments[0].is_file
    assert arguments[0].is_list
    assert arguments.has_files


def test_an_optional_file_need_not_be_sent():
    def function(file: File | None = None, more: list[bytes] = ()): ...

    assert default_of(function, "file") is None
    assert [one.required for one in described(function).arguments] == [False, False]


@pytest.mark.parametrize(
    ("hint", "value", "dtype"),
    [
        (np.ndarray, [1, 2], "int64"),
        (np.ndarray, [[1, 2.5]], "float64"),
        (np.ndarray, [True], "bool"),
        (np.ndarray, 3, "int64"),
        (np.ndarray, [], "float64"),
        (NDArray[np.float32], [1, 2], "float32"),
        (NDArray[np.uint8], [255], "uint8"),
        (NDArray[np.floating], [1, 2], "int64"),
        (NDArray[np.int8], [1.0], "int8"),
        (Annotated[np.ndarray, Dtype("float16"), Shape(2)], [1, 2], "float16"),
        (np.ndarray[tuple[int, int], np.dtype[np.float32]], [[1]], "float32"),
    ],
)
def test_an_array_has_the_type_that_its_hint_names(hint, value, dtype):
    array = received(hint, value)
    assert array.dtype == dtype
    assert array.tolist() == value


def test_null_in_an_array_of_numbers_is_no_number():
    assert np.isnan(received(NDArray[np.float64], [None, 1])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        (np.ndarray, "abc", "Not a valid list of numbers."),
        (np.ndarray, True, "Not a valid list of numbers."),
        (np.ndarray, {"a": 1}, "Not a valid list of numbers."),
        (np.ndarray, ["a"], "Not a valid array of numbers."),
        (np.ndarray, [None], "Not a valid array of numbers."),
        (np.ndarray, [{"a": 1}], "Not a valid array of numbers."),
        (
            np.ndarray,
            [[1], [1, 2]],
            "Not a valid array: setting an array element with a sequence.",
        ),
        (NDArray[np.uint8], [-1], "Not a valid array of uint8: some numbers do not fit."),
        (NDArray[np.int64], [1.5], "Not a valid array of int64: some numbers do not fit."),
        (NDArray[np.bool_], [2], "Not a valid array of bool: some numbers do not fit."),
        (NDArray[np.float32], ["a"], "Not a valid array: could not convert string to float: 'a'."),
        (Annotated[np.ndarray, Shape(None, 2)], [1, 2], "Must have the shape (any, 2), not (2,)."),
        (Annotated[np.ndarray, Shape(3)], [1, 2], "Must have the shape (3), not (2,)."),
    ],
)
def test_what_makes_no_such_array_is_refused(hint, value, words):
    assert refusal(hint, value) == words


def test_the_default_of_an_array_is_told_as_a_list():
    assert default_of(taking(np.ndarray, np.zeros(2))) == [0.0, 0.0]
