"""Forms without files."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some

from deepaas.api.urlencoded import PIECE, parse_urlencoded


@given(some.lists(some.tuples(some.text(), some.text())))
def test_what_is_encoded_comes_out_again(pairs):
    encoded = urlencode(pairs).encode()
    assert list(parse_urlencoded(encoded, "utf-8").items()) == pairs


@given(some.text("gz%=&+;2"))
def test_odd_forms_are_read_as_others_read_them(text):
    wanted = parse_qsl(text, keep_blank_values=True)
    assert list(parse_urlencoded(text.encode(), "utf-8").items()) == wanted


@pytest.mark.parametrize("shift", range(4))
def test_long_texts_are_whole(shift):
    text = "a" * shift + "é" * PIECE
    assert parse_urlencoded(urlencode({"a": text}).encode(), "utf-8")["a"] == text
