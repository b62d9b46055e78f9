"""The arguments of a training, kept so that it can be started again with the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import orjson

from deepaas.exceptions import Conflict
from deepaas.files import UploadedFile
from deepaas.schema.description import Arguments
from deepaas.trainings.record import Training

INPUTS = "inputs"
# Stands for what is not kept; no argument has such a value but on purpose.
WITHHELD = {"deepaas": "withheld"}


def move_files(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Move the files among a call's arguments into the training's folder.

    Args:
        raw: values by key, as they came.
        folder: the training's own; it is made if there are files.

    Returns:
        The values, with files where they are now.
    """
    inputs = folder / INPUTS
    moved = dict(raw)
    for key, value in raw.items():
        if isinstance(value, UploadedFile):
            moved[key] = _moved(value, inputs)
        elif _are_files(value):
            moved[key] = [_moved(one, inputs) for one in value]
    return moved


def note(training: Training, raw: Mapping[str, Any], secrets: Collection[str] = ()) -> None:
    """Note a call's arguments, and the SHA-256 and the size of each of its files.

    Args:
        training: gets ``sent`` and ``files``.
        raw: values by key, as they came, with files where they have been moved.
        secrets: keys of those that are not kept; only that they were sent is.
    """
    files: dict[str, list[dict[str, Any]]] = {}
    sent: dict[str, Any] = {}
    for key, value in raw.items():
        uploads = [value] if isinstance(value, UploadedFile) else value
        if key in secrets:
            sent[key] = WITHHELD
        elif _are_files(uploads):
            files[key] = [_noted(one) for one in uploads]
        else:
            sent[key] = value
    # Not orjson, which refuses integers beyond 64 bits.
    training.sent = json.dumps(sent).encode()
    training.files = orjson.dumps(files)


def restore(training: Training, arguments: Arguments, folder: Path) -> dict[str, Any]:
    """Return a training's validated keyword arguments.

    Args:
        training: the training.
        arguments: what the model declares now.
        folder: the training's own.

    Raises:
        Conflict: a file is gone, or a secret would be needed that was not kept.
        InvalidArguments: the model's declarations have changed, and the values fit no more.
    """
    raw: dict[str, Any] = json.loads(training.sent)
    if withheld := [key for key, value in raw.items() if value == WITHHELD]:
        raise Conflict(
            f"the training's {', '.join(withheld)} was not kept, since it is a password; start a "
            "new training"
        )
    files = orjson.loads(training.files)
    for argument in arguments:
        if argument.key in files:
            uploads = [_upload(one, folder / INPUTS) for one in files[argument.key]]
            raw[argument.key] = uploads if argument.is_list else uploads[0]
    return arguments.load(raw)


def _are_files(values: Any) -> bool:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(one, UploadedFile) for one in values)
    )


def _moved(upload: UploadedFile, inputs: Path) -> UploadedFile:
    inputs.mkdir(parents=True, exist_ok=True)
    source = str(upload.filename)
    path = inputs / os.path.basename(source)
    shutil.move(source, path)
    return upload._replace(filename=str(path))


def _noted(upload: UploadedFile) -> dict[str, Any]:
    path = Path(str(upload.filename))
    with open(path, "rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        **upload._asdict(),
        "filename": None,
        "path": path.name,
        "sha256": checksum,
        "size": path.stat().st_size,
    }


def _upload(kept: Mapping[str, Any], inputs: Path) -> UploadedFile:
    path = inputs / kept["path"]
    if not path.exists():
        raise Conflict(
            f"the training's file {kept['original_filename']!r} is gone; its code has removed it"
        )
    return UploadedFile(kept["name"], str(path), kept["content_type"], kept["original_filename"])
