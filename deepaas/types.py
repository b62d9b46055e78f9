"""Types for the hints of models: files by what is in them, and what arrays and answers are like."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from deepaas.files import ReturnedFile, UploadedFile

__all__ = [
    "Audio",
    "Dtype",
    "Example",
    "File",
    "Media",
    "Password",
    "Picture",
    "ReturnedFile",
    "Shape",
    "Url",
    "Video",
]


class File(UploadedFile):
    """A file of any kind that a caller has sent; it is gone after the call.

    As a return hint it stands for files of that kind, given as ``ReturnedFile`` or as bytes.
    """

    __slots__ = ()
    family = ""
    """MIME types begin like this, such as ``image/``; empty for any."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(self.filename or os.devnull)

    def open(self) -> BinaryIO:
        """Open it for reading."""
        return self.path.open("rb")

    def read(self) -> bytes:
        """Return its content."""
        return self.path.read_bytes()


class Picture(File):
    """A picture."""

    __slots__ = ()
    family = "image/"


class Audio(File):
    """A sound."""

    __slots__ = ()
    family = "audio/"


class Video(File):
    """A moving picture."""

    __slots__ = ()
    family = "video/"


class Url(str):
    """A text that is a URL."""

    __slots__ = ()


class Password(str):
    """A text that is not shown: of a training, it is neither kept nor answered."""

    __slots__ = ()


class Media:
    """In ``Annotated``: the content types of an answer; callers choose by ``Accept``.

    Args:
        *types: such as ``"image/png"``; the first is the default.
    """

    def __init__(self, *types: str) -> None:
        if not types or not all(isinstance(one, str) and "/" in one for one in types):
            raise ValueError("Media takes content types, such as Media('image/png', 'image/jpeg')")
        self.types = types


@dataclass(frozen=True)
class Example:
    """In ``Annotated``: a value to show, such as in the line of ``curl`` that a start prints.

    Args:
        value: the value; the path of a file.
    """

    value: Any


@dataclass(frozen=True)
class Dtype:
    """In ``Annotated``: what an array holds.

    Args:
        name: as NumPy calls it, such as ``"float32"``.
    """

    name: str


class Shape:
    """In ``Annotated``: the lengths of an array's dimensions.

    Args:
        *lengths: with None for any length.
    """

    def __init__(self, *lengths: int | None) -> None:
        self.lengths = lengths

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Tell whether an array of that shape will do."""
        return len(shape) == len(self.lengths) and all(
            wanted in (None, length) for wanted, length in zip(self.lengths, shape, strict=True)
        )

    def __str__(self) -> str:
        return f"({', '.join('any' if one is None else str(one) for one in self.lengths)})"

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Shape) and self.lengths == other.lengths

    def __hash__(self) -> int:
        return hash(self.lengths)
