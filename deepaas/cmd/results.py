"""What the command line prints and writes."""

from __future__ import annotations

import base64
import mimetypes
import shutil
from pathlib import Path
from typing import Any

import orjson

from deepaas.files import remove
from deepaas.serving.answers import ANY_BYTES, JSON, Answer


def write(answer: Answer, target: Path) -> Path:
    """Write an answer, and return where.

    Args:
        answer: the answer; its temporary file is moved.
        target: the file; folders are made, and an ending that does not fit is completed.

    Raises:
        OSError: it cannot be written.
    """
    target = with_ending(target, answer.content_type)
    target.parent.mkdir(parents=True, exist_ok=True)
    if answer.body is not None:
        target.write_bytes(answer.body)
    else:
        shutil.move(answer.path, target)
    return target


def with_ending(target: Path, content_type: str) -> Path:
    """Return a path whose ending fits a content type.

    Args:
        target: any path, such as ``out.txt``.
        content_type: such as ``application/json``.
    """
    if content_type == ANY_BYTES or mimetypes.guess_type(target.name)[0] == content_type:
        return target
    ending = mimetypes.guess_extension(content_type.partition(";")[0].strip())
    return target.with_name(target.name + ending) if ending else target


def json_value(answer: Answer) -> Any:
    """Return an answer as it stands in a line of JSON: text as it is, other bytes as base64.

    Args:
        answer: the answer; its temporary file is removed.
    """
    body = answer.body
    if body is None:
        body = Path(answer.path).read_bytes()
        remove(answer.path)
    if answer.content_type == JSON:
        return orjson.Fragment(body)
    try:
        if answer.content_type.startswith("text/"):
            return body.decode()
    except UnicodeDecodeError:
        pass
    return {"content_type": answer.content_type, "base64": base64.b64encode(body).decode()}
