"""Sentences in twelve languages: the messages of Sphinx, which ships with their translations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import sphinx
from babel.messages.pofile import read_po

LOCALES = Path(sphinx.__file__).parent / "locale"
ENGLISH = "en"
# Folders of Sphinx, where they are called otherwise than the language.
FOLDERS = {"pt": "pt_BR"}
# Placeholders, markup, options, names of files and of things in code: the same in all languages.
CODE = re.compile(r"%\(\w+\)\w|%\w|\{[^}]*\}|\S*[_./:=]\w\S*|-+\w+|[`<>\\*\"«»„“”]")
SHORTEST = 10


class Sentence(NamedTuple):
    """A sentence.

    Args:
        language: its code, such as ``fr``.
        text: without what is no language.
        source: the English one that it says the same as.
    """

    language: str
    text: str
    source: str


def sentences(languages: tuple[str, ...]) -> Iterator[Sentence]:
    """Give the sentences of some languages.

    Args:
        languages: their codes.
    """
    for language in languages:
        # A catalogue of any language has the English messages as well.
        folder = FOLDERS.get(language, "fr" if language == ENGLISH else language)
        with (LOCALES / folder / "LC_MESSAGES" / "sphinx.po").open("rb") as file:
            catalogue = read_po(file)
        for message in catalogue:
            if not isinstance(message.id, str) or message.fuzzy:
                continue
            text = message.id if language == ENGLISH else message.string
            if text == message.id and language != ENGLISH:
                continue
            if len(cleaned := without_code(text)) >= SHORTEST:
                yield Sentence(language, cleaned, message.id)


def without_code(text: str) -> str:
    """Return a text without markup, placeholders and names of files."""
    return " ".join(CODE.sub(" ", text).split())
