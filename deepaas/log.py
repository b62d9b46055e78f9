"""Logging: to standard error or a file, as text or as lines of JSON."""

from __future__ import annotations

import datetime
import logging
import re
import sys
from pathlib import Path
from typing import Any

import orjson

from deepaas import calls

TEXT, JSON = "text", "json"
# The attribute of a record with what stands by itself in a JSON line.
FIELDS = "deepaas_fields"
FORMAT = "%(asctime)s %(levelname)-7s %(name)s%(request)s: %(message)s"
# What a terminal or a reader of lines could take for something else than text.
CONTROL = re.compile("[\0-\x08\n-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Those of them that JSON may hold as they are.
UNESCAPED = re.compile("[\x7f-\x9f\u2028\u2029]")


def getLogger(name: str | None = None) -> logging.Logger:
    """Return the logger called ``name``, as ``logging.getLogger`` does."""
    return logging.getLogger(name)


class TextFormatter(logging.Formatter):
    """Lines for people: whatever a message holds, only a record of its own begins a line.

    Further lines of a record, such as a traceback, are indented.
    """

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        identifier = calls.current().request_id
        record.request = f" [{identifier}]" if identifier else ""
        return CONTROL.sub(_escaped, super().format(record).rstrip("\n"))


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character == "\n":
        return "\n  "
    return character.encode("unicode_escape").decode()


class JsonFormatter(logging.Formatter):
    """A JSON object in a line for each record.

    Args:
        model: the model of this process; empty where it has none of its own.
    """

    def __init__(self, model: str = "") -> None:
        super().__init__()
        self._model = model

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        call = calls.current()
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        said: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage().rstrip("\n"),
            "process": record.process,
        }
        if call.request_id:
            said["request_id"] = call.request_id
        if model := self._model or call.model:
            said["model"] = model
        if call.traces:
            said["trace_id"] = call.traces[0].split("-")[1]
        if isinstance(fields := getattr(record, FIELDS, None), dict):
            said |= fields
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack"] = self.formatStack(record.stack_info)
        return UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", _json(said))


def _json(said: dict[str, Any]) -> str:
    try:
        return orjson.dumps(said).decode()
    except TypeError:
        # Lone surrogates, which are in the names of files for example.
        clean = {
            key: value.encode(errors="backslashreplace").decode()
            if isinstance(value, str)
            else value
            for key, value in said.items()
        }
        return orjson.dumps(clean, default=str).decode()


def formatter(form: str, model: str = "") -> logging.Formatter:
    """Return what makes lines of records.

    Args:
        form: ``text`` or ``json``.
        model: see ``JsonFormatter``.
    """
    return JsonFormatter(model) if form == JSON else TextFormatter()


def setup(
    level: str = "INFO",
    file: str | None = None,
    console: bool = False,
    form: str = TEXT,
    model: str = "",
) -> None:
    """Send log records of this process to standard error, or to ``file``.

    Args:
        level: name of the lowest level to show, such as ``INFO``.
        file: path to append to.
        console: whether to send them to standard error as well where there is a file.
        form: ``text`` or ``json``.
        model: see ``JsonFormatter``.

    Raises:
        OSError: the file cannot be opened.
    """
    handlers: list[logging.Handler] = []
    if file:
        Path(file).expanduser().parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(Path(file).expanduser()))
    if console or not file:
        handlers.append(logging.StreamHandler(sys.stderr))
    made = formatter(form, model)
    for handler in handlers:
        handler.setFormatter(made)
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    logging.captureWarnings(True)
