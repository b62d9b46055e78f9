"""What a model returned becomes an answer, as the caller wants it."""

import io
import os
import pickle
from pathlib import Path

import orjson
import pytest

from deepaas.files import ReturnedFile
from deepaas.serving.answers import INLINE, Answer, Form, render

PNG = b"\x89PNG\r\n"


@pytest.fixture
def spool(tmp_path):
    return str(tmp_path / "spool")


def content(answer: Answer) -> bytes:
    return Path(answer.path).read_bytes() if answer.body is None else answer.body


def test_json_comes_in_an_envelope_unless_it_is_wanted_bare(spool):
    wrapped = render({"a": 1}, None, Form("", spool))
    assert wrapped == Answer("application/json", b'{"status":"OK","predictions":{"a":1}}')
    assert render({"a": 1}, None, Form("", spool, bare=True)).body == b'{"a":1}'


@pytest.mark.parametrize("result", [PNG, bytearray(PNG), memoryview(PNG), io.BytesIO(PNG)])
def test_bytes_of_any_kind_are_sent_as_the_type_that_was_asked_for(spool, result):
    assert render(result, None, Form("image/png", spool)) == Answer("image/png", PNG)


def test_a_stream_is_sent_from_its_beginning_wherever_it_stands_and_closed(spool):
    stream = io.BytesIO()
    stream.write(PNG)
    assert content(render(stream, None, Form("image/png", spool))) == PNG
    assert stream.closed


def test_text_is_sent_as_it_is_for_another_type_and_as_json_for_json(spool):
    assert render("é", None, Form("text/plain", spool)) == Answer("text/plain", "é".encode())
    assert b'"\xc3\xa9"' in render("é", None, Form("application/json", spool)).body


def test_a_mapping_is_json_whatever_was_asked_for(spool):
    answer = render({"a": 1}, None, Form("image/png", spool))
    assert answer.content_type == "application/json"


@pytest.mark.parametrize("accept", ["", "application/json"])
def test_bytes_that_are_not_text_have_no_json_form(spool, accept):
    with pytest.raises(TypeError, match="not UTF-8"):
        render(b"\xff", None, Form(accept, spool))


@pytest.mark.parametrize("mode", ["rb", "r"])
def test_an_open_file_is_sent_under_its_name(spool, tmp_path, mode):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n")
    with path.open(mode) as file:
        answer = render(file, None, Form("text/csv", spool))
        assert file.closed
    assert (answer.content_type, answer.filename, content(answer)) == (
        "text/csv",
        "table.csv",
        b"a,b\n",
    )


def test_the_type_of_a_file_is_guessed_where_none_was_asked_for(spool, tmp_path):
    for name, guessed in (("a.png", "image/png"), ("a.unheard-of", "application/octet-stream")):
        path = tmp_path / name
        path.write_bytes(PNG)
        assert render(path.open("rb"), None, Form("", spool)).content_type == guessed


def test_a_returned_file_is_sent_with_its_own_type_and_name(spool, tmp_path):
    path = tmp_path / "x1"
    path.write_bytes(PNG)
    file = ReturnedFile("plot", str(path), "image/x-own", "plot.png")
    answer = render(file, None, Form("", spool))
    assert (answer.content_type, answer.filename) == ("image/x-own", "plot.png")
    assert content(answer) == PNG
    unnamed = render(ReturnedFile(filename=str(path)), None, Form("image/png", spool))
    assert (unnamed.content_type, unnamed.filename) == ("image/png", "x1")


class Text(str):
    """A model's own kind of text, which cannot be taken to another process."""

    def __reduce__(self):
        raise TypeError


def test_names_and_types_are_plain_text_whatever_they_were(spool, tmp_path):
    path = tmp_path / "x1"
    path.write_bytes(PNG)
    for name in (Text("plot.png"), Path("plot.png")):
        file = ReturnedFile("plot", path, Text("image/x-own"), name)
        answer = render(file, None, Form("", spool))
        assert (answer.content_type, answer.filename) == ("image/x-own", "plot.png")
        assert pickle.loads(pickle.dumps(tuple(answer))) == answer
    answer = render(PNG, None, Form(Text("image/png"), spool))
    assert pickle.loads(pickle.dumps(tuple(answer))) == answer
    with open(os.fsencode(path), "rb") as stream:
        assert render(stream, None, Form("", spool)).filename == "x1"


@pytest.mark.parametrize("size", [INLINE, INLINE + 1, 3 * INLINE])
def test_large_answers_go_through_a_file(spool, tmp_path, size):
    data = b"a" * size
    path = tmp_path / "large"
    path.write_bytes(data)
    for result in (data, data.decode(), io.BytesIO(data), path.open("rb")):
        answer = render(result, None, Form("text/plain", spool))
        assert (answer.body is None) == (size > INLINE)
        assert content(answer) == data
        Path(spool).unlink(missing_ok=True)


def test_large_json_goes_through_a_file(spool):
    answer = render("a" * INLINE, None, Form("", spool))
    assert answer.path == spool
    assert orjson.loads(content(answer))["predictions"] == "a" * INLINE


def refuse(result, encoded):
    raise ValueError(f"{result} is {encoded.decode()}")


def test_an_answer_in_json_has_to_pass_a_check_and_others_have_not(spool):
    with pytest.raises(ValueError, match=r"\{'a': None\} is \{\"a\":null\}"):
        render({"a": None}, refuse, Form("", spool))
    assert render(PNG, refuse, Form("image/png", spool)).body == PNG
