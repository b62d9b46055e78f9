"""What is known of a training."""

from __future__ import annotations

import datetime
import enum
import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from deepaas.files import UploadedFile
from deepaas.serving.encoding import to_json_or_repr

# Stands for what is not shown.
HIDDEN = "********"


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


@dataclass
class Training:
    """One training. Moments are seconds since 1970.

    Args:
        model: name of the model that is trained.
        arguments: JSON: what clients see of its arguments.
        sent: JSON: the arguments as they were sent, from which they can be validated again.
        files: JSON: its files, see ``deepaas.trainings.inputs``.
        caller: who asked for it, as far as that is known.
        version: version of the model that is trained.
        identifier: 32 hexadecimal digits.
        created: when it was asked for.
        status: its state.
        resumed: when it was asked for again, the last time; None if it never was.
        started: when it began to run, the last time; None before that.
        finished: when it ended; None before that.
        output: JSON: what the model returned; None without.
        progress: JSON: how far it has got, if it tells.
        metrics: JSON: the last value of each metric, if it tells.
        message: why it failed.
        server: the server that runs it.
    """

    model: str
    arguments: bytes = b"{}"
    sent: bytes = b"{}"
    files: bytes = b"{}"
    caller: str = ""
    version: str = ""
    identifier: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: float = field(default_factory=time.time)
    status: Status = Status.QUEUED
    resumed: float | None = None
    started: float | None = None
    finished: float | None = None
    output: bytes | None = None
    progress: bytes | None = None
    metrics: bytes | None = None
    message: str = ""
    server: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what clients see of it; what is JSON already stays encoded."""
        seen: dict[str, Any] = {
            "date": _date(self.created),
            "args": orjson.Fragment(self.arguments),
            "uuid": self.identifier,
            "status": self.status.value,
        }
        if self.status is Status.DONE and self.finished is not None:
            seen["result"] = {
                "output": orjson.Fragment(self.output or b"null"),
                "finish_date": _date(self.finished),
                "duration": _duration(self.resumed or self.created, self.finished),
            }
        if self.message:
            seen["message"] = self.message
        if self.progress is not None:
            seen["progress"] = orjson.Fragment(self.progress)
        if self.metrics is not None:
            seen["metrics"] = orjson.Fragment(self.metrics)
        return seen

    def in_detail(self) -> dict[str, Any]:
        """Return what clients see of it when they ask for it alone."""
        known = {
            "caller": self.caller,
            "version": self.version,
            "files": _shown(orjson.loads(self.files)),
            "started": self.started and _date(self.started),
            "finished": self.finished and _date(self.finished),
        }
        return self.as_json() | {name: value for name, value in known.items() if value}


def echo(arguments: Mapping[str, Any], secrets: Collection[str] = ()) -> bytes:
    """Return arguments as clients see them, as JSON.

    Files are seen by their names, and unusual values as their ``repr``.

    Args:
        arguments: validated keyword arguments.
        secrets: names of those whose values nobody sees.
    """
    return orjson.dumps(
        {name: HIDDEN if name in secrets else _echoed(value) for name, value in arguments.items()}
    )


def _echoed(value: Any) -> Any:
    if isinstance(value, UploadedFile):
        return [value.name, value.content_type, value.original_filename]
    if isinstance(value, list) and any(isinstance(one, UploadedFile) for one in value):
        return [_echoed(one) for one in value]
    return orjson.Fragment(to_json_or_repr(value))


def _shown(files: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    # Where they lie is the server's own affair.
    return {
        name: [
            {
                "filename": one["original_filename"],
                "content_type": one["content_type"],
                "sha256": one["sha256"],
                "size": one["size"],
            }
            for one in several
        ]
        for name, several in files.items()
    }


def _date(moment: float) -> str:
    # Local time without a zone is what clients parse.
    return _local(moment).strftime("%Y-%m-%d %H:%M:%S.%f")


def _local(moment: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(moment)  # noqa: DTZ006


def _duration(start: float, end: float) -> str:
    text = str(max(_local(end) - _local(start), datetime.timedelta()))
    # Clients parse the fraction, which Python leaves out where it is nought.
    return text if "." in text else f"{text}.000000"
