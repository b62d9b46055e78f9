"""What is known of a training."""

from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from deepaas.files import UploadedFile
from deepaas.serving.encoding import to_json


class Status(enum.StrEnum):
    """The states of a training."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    ERROR = "error"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (Status.QUEUED, Status.RUNNING)


def now() -> datetime.datetime:
    """Return the local time, as it is shown to clients."""
    return datetime.datetime.now()  # noqa: DTZ005 - clients parse dates without a zone


@dataclass
class Training:
    """One training.

    Args:
        model: name of the model that is trained.
        arguments: what it was called with, as JSON values.
        identifier: 32 hexadecimal digits.
        date: when it was asked for, in local time.
        status: its state.
        finished: when it ended; None before that.
        output: what the model returned, as JSON.
        message: why it failed.
    """

    model: str
    arguments: Mapping[str, Any]
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)
    date: datetime.datetime = field(default_factory=now)
    status: Status = Status.QUEUED
    finished: datetime.datetime | None = None
    output: bytes = b"null"
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return what clients see of it; the output stays encoded."""
        seen: dict[str, Any] = {
            "date": _date(self.date),
            "args": self.arguments,
            "uuid": self.identifier,
            "status": self.status.value,
        }
        if self.status is Status.DONE and self.finished is not None:
            seen["result"] = {
                "output": orjson.Fragment(self.output),
                "finish_date": _date(self.finished),
                "duration": str(self.finished - self.date),
            }
        if self.message:
            seen["message"] = self.message
        return seen


def echo(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as clients see them: files by name, unusual values by their ``repr``.

    Args:
        arguments: validated keyword arguments.
    """
    return {name: _echoed(value) for name, value in arguments.items()}


def _echoed(value: Any) -> Any:
    if isinstance(value, UploadedFile):
        return [value.name, value.content_type, value.original_filename]
    if isinstance(value, list) and any(isinstance(one, UploadedFile) for one in value):
        return [_echoed(one) for one in value]
    try:
        return orjson.Fragment(to_json(value))
    except TypeError:
        return repr(value)


def _date(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
