"""Files that come as elements of BYTES."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

from deepaas.files import UploadedFile, base_name, create, suffix_of
from deepaas.tensors.tensor import Tensor

BASE64 = "base64"
UNKNOWN = "application/octet-stream"
NOT_A_FILE = "Not a file: send it as BYTES, base64 where they are JSON."


class Folder:
    """Where the files of a call are written; it is made for the first of them.

    Args:
        path: the folder; whoever has made up its name removes it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._count = 0

    def write(self, name: str, content: bytes, filename: str, content_type: str) -> UploadedFile:
        """Write a file.

        Args:
            name: of the argument.
            content: its bytes.
            filename: its name on the client's side; empty if that is not known.
            content_type: its MIME type; empty if that is not known.

        Raises:
            OSError: it cannot be written.
        """
        original = base_name(filename)
        path = str(Path(self._path) / f"{self._count}{suffix_of(original)}")
        self._count += 1
        with create(path) as file:
            file.write(content)
        return UploadedFile(name, path, content_type or UNKNOWN, original)


def files_of(tensor: Tensor, folder: Folder) -> list[UploadedFile]:
    """Return the files that a tensor holds.

    The tensor's parameters may say their ``filename`` and, as ``mime_type`` or ``content_type``,
    what they are; ``content_type`` may say as well that they are in base64, as text always is.

    Args:
        tensor: one of BYTES.
        folder: where they are written.

    Raises:
        ValueError: one is no base64.
        OSError: one cannot be written.
    """
    said = str(tensor.parameters.get("content_type", ""))
    kind = str(tensor.parameters.get("mime_type", said if "/" in said else ""))
    filename = str(tensor.parameters.get("filename", ""))
    return [
        folder.write(tensor.name, _content(one, said == BASE64), filename, kind)
        for one in tensor.values()
    ]


def _content(element: Any, encoded: bool) -> bytes:
    if isinstance(element, bytes) and not encoded:
        return element
    return decoded(element)


def decoded(text: str | bytes) -> bytes:
    """Return what a text in base64 stands for.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"Not a file in base64: {error}.") from None
