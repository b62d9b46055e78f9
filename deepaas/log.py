"""Logging: one format, to standard error or a file."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def getLogger(name: str | None = None) -> logging.Logger:
    """Return the logger called ``name``, as ``logging.getLogger`` does."""
    return logging.getLogger(name)


def setup(level: str = "INFO", file: str | None = None, console: bool = False) -> None:
    """Send log records of this process to standard error, or to ``file``.

    Args:
        level: name of the lowest level to show, such as ``INFO``.
        file: path to append to.
        console: whether to send them to standard error as well where there is a file.

    Raises:
        OSError: the file cannot be opened.
    """
    handlers: list[logging.Handler] = []
    if file:
        Path(file).expanduser().parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(Path(file).expanduser()))
    if console or not file:
        handlers.append(logging.StreamHandler(sys.stderr))
    logging.basicConfig(level=level.upper(), format=FORMAT, handlers=handlers, force=True)
    logging.captureWarnings(True)
