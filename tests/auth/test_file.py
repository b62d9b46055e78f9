"""Tokens in a file."""

import logging
import os

import pytest

from deepaas.auth.file import TokensFile
from deepaas.auth.tokens import hashed, new_token
from deepaas.exceptions import ConfigurationError
from tests.auth.holders import SCOPES, write_file

TOKEN = "dp_" + 43 * "a"


async def test_tokens_are_known_by_their_hashes_in_either_form(tmp_path):
    tokens = write_file(tmp_path / "tokens")
    known = await TokensFile(str(tmp_path / "tokens")).tokens()
    assert {one.name: str(one.scopes) for one in known.values()} == SCOPES
    assert {name: known[hashed(token)].name for name, token in tokens.items()} == {
        name: name for name in tokens
    }
    assert [one.name for one in known.values() if one.expired] == ["late"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ci predict", "line 2: it has 2 words; write name, token or its SHA-256"),
        (f"ci {TOKEN} predict 2030-01-31 more", "line 2: it has 5 words"),
        (f"-ci {TOKEN} predict", "line 2: '-ci' is no name"),
        ("ci dp_secret predict", "line 2: its second word is neither"),
        ("ci hunter2hunter2hunter2hunter2hunter2 predict", "neither a token"),
        (f"ci {TOKEN} write", "line 2: 'write' is no scope; there are predict"),
        (f"ci {TOKEN} predict soon", "line 2: 'soon' is no date such as 2030-01-31"),
        (f"ci {TOKEN} predict 30d", "'30d' is no date"),
        (f"first {TOKEN} predict", "line 2: there is another 'first' above"),
    ],
)
def test_a_wrong_line_is_named_and_shows_no_secret(tmp_path, line, words):
    path = tmp_path / "tokens"
    path.write_text(f"first {new_token()} predict\n{line}\n")
    with pytest.raises(ConfigurationError, match=words) as caught:
        TokensFile(str(path))
    assert str(caught.value).startswith(f"--tokens-file {path}: ")
    assert not {"dp_secret", "hunter2", TOKEN} & set(str(caught.value).split())


def test_the_same_token_for_two_is_refused(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(f"a {TOKEN} predict\nb {hashed(TOKEN)} predict\n")
    with pytest.raises(ConfigurationError, match="line 2: 'a' has this token already"):
        TokensFile(str(path))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said_to(tmp_path, content):
    path = tmp_path / "tokens"
    if content:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"No such file|no text in UTF-8"):
        TokensFile(str(path))


def replace(path, text):
    """Change a file as editors and Kubernetes do, by another in its place."""
    other = path.with_suffix(".new")
    other.write_text(text)
    os.replace(other, path)


async def test_a_file_that_changes_is_read_again(tmp_path):
    path = tmp_path / "tokens"
    first, second = new_token(), new_token()
    path.write_text(f"first {first} predict\n")
    file = TokensFile(str(path))
    replace(path, f"second {second} train\n")
    assert set(await file.tokens()) == {hashed(second)}


async def test_a_line_that_is_made_wrong_counts_no_more_and_the_others_do(tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    path = tmp_path / "tokens"
    path.write_text(f"first {new_token()} predict\nsecond {TOKEN} predict\n")
    file = TokensFile(str(path))
    replace(path, f"first nonsense predict\nsecond {TOKEN} predict\n")
    assert set(await file.tokens()) == {hashed(TOKEN)}
    assert "line 1: its second word" in caplog.text


async def test_without_its_file_no_token_counts_until_it_is_back(tmp_path, caplog):
    path = tmp_path / "tokens"
    path.write_text(f"first {TOKEN} predict\n")
    file = TokensFile(str(path))
    path.unlink()
    assert await file.tokens() == {}
    assert await file.tokens() == {}
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    path.write_text(f"first {TOKEN} predict\n")
    assert set(await file.tokens()) == {hashed(TOKEN)}
