"""Tokens in a file, such as a secret of a container."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from deepaas.auth.expiry import parse_date
from deepaas.auth.scopes import parse_scopes
from deepaas.auth.tokens import HASH, TOKEN, Token, checked_name, hashed
from deepaas.exceptions import ConfigurationError
from deepaas.log import getLogger

LOG = getLogger(__name__)
FORM = "name, token or its SHA-256, scopes, and perhaps a date when it expires, with spaces between"


class TokensFile:
    """A file with a token in each line; it is read again when it has changed.

    Args:
        path: the file.

    Raises:
        ConfigurationError: it cannot be read, or has wrong lines; names them.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        try:
            self._state = self._seen()
            self._tokens, wrong = _read(self._path)
        except (OSError, UnicodeError) as error:
            raise ConfigurationError(f"--tokens-file {path}: {_why(error)}") from None
        if wrong:
            raise ConfigurationError(f"--tokens-file {path}: {'; '.join(wrong)}")

    async def tokens(self) -> Mapping[str, Token]:
        """Return the tokens by their hashes; see ``TokenSource``.

        A line that has been made wrong meanwhile counts no more, and neither does any of a file
        that is gone: what is taken out is revoked, whatever else has been done.
        """
        return await asyncio.to_thread(self._current)

    def _current(self) -> Mapping[str, Token]:
        try:
            if (state := self._seen()) == self._state:
                return self._tokens
            tokens, wrong = _read(self._path)
        except (OSError, UnicodeError) as error:
            if self._state is not None:
                LOG.error("No token of --tokens-file %s counts: %s", self._path, _why(error))
            self._state, self._tokens = None, {}
            return self._tokens
        LOG.info("Read --tokens-file %s again: %d tokens", self._path, len(tokens))
        for line in wrong:
            LOG.error("--tokens-file %s: %s", self._path, line)
        self._state, self._tokens = state, tokens
        return self._tokens

    def _seen(self) -> tuple[int, ...] | None:
        found = os.stat(self._path)
        return found.st_ino, found.st_size, found.st_mtime_ns


def _read(path: Path) -> tuple[dict[str, Token], list[str]]:
    """Return the tokens by their hashes, and what is wrong with which lines."""
    tokens: dict[str, Token] = {}
    names: set[str] = set()
    wrong = []
    for number, words in _lines(path.read_text()):
        try:
            token = _token(words)
            if token.hash in tokens:
                raise ValueError(f"{tokens[token.hash].name!r} has this token already")
            if token.name in names:
                raise ValueError(f"there is another {token.name!r} above")
        except ValueError as error:
            wrong.append(f"line {number}: {error}")
        else:
            tokens[token.hash] = token
            names.add(token.name)
    return tokens, wrong


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if (words := line.split()) and not words[0].startswith("#"):
            yield number, words


def _token(words: list[str]) -> Token:
    if len(words) not in (3, 4):
        raise ValueError(f"it has {len(words)} words; write {FORM}")
    name, secret, scopes = words[:3]
    if HASH.fullmatch(secret):
        known = secret
    elif TOKEN.fullmatch(secret):
        known = hashed(secret)
    else:
        # What is wrong may still be a secret, and is not shown.
        raise ValueError(
            "its second word is neither a token such as deepaas-token makes, dp_ and 32 to 128 "
            "letters, digits and -_, nor the SHA-256 of one, 64 digits of 0-9a-f"
        )
    expires = parse_date(words[3]) if len(words) == 4 else None
    return Token(checked_name(name), known, parse_scopes(scopes), expires)


def _why(error: OSError | UnicodeError) -> str:
    return (isinstance(error, OSError) and error.strerror) or "it is no text in UTF-8"
