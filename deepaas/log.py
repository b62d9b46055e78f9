"""Logging: one format, to standard error or a file."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def getLogger(name: str | None = None) -> logging.Logger:
    """Return the logger called ``name``, as ``logging.getLogger`` does."""
    return logging.getLogger(name)


def setup(level: str = "INFO", file: str | None = None) -> None:
    """Send log records of this process to standard error, or to ``file``.

    Args:
        level: name of the lowest level to show, such as ``INFO``.
        file: path to append to.

    Raises:
        OSError: the file cannot be opened.
    """
    if file:
        Path(file).expanduser().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(Path(file).expanduser())
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
