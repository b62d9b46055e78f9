"""Where in a model's code an error comes from."""

from __future__ import annotations

import os
import re
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path

import deepaas

FRAME = re.compile(r'^ *File "(.+)", line (\d+)', re.MULTILINE)
PYTHON, OURS = sysconfig.get_path("stdlib"), str(Path(deepaas.__file__).parent)
INSTALLED = ("site-packages", "dist-packages")


def place(error: BaseException) -> str:
    """Return where an error comes from, such as `` (line 3 of model.py)``; empty if not known.

    Args:
        error: with its causes, or with the traceback of a worker as a note.
    """
    if re.search(r"\(.*\bline \d+.*\)$", str(error)):
        # So it says itself, as Python does where the syntax is wrong.
        return ""
    frames = [frame for one in _causes(error) for frame in _frames(one)]
    shown = [one for one in frames if not (_is_foreign(one[0]) or _is_installed(one[0]))]
    if not shown:
        # A model may be installed where packages of others are, such as those that call us.
        called = [frame for one in _causes(error) for frame in _after_ours(_frames(one))]
        shown = [one for one in called if not _is_foreign(one[0])]
    return f" (line {shown[-1][1]} of {_short(shown[-1][0])})" if shown else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _frames(error: BaseException) -> list[tuple[str, int]]:
    frames = [(one.filename, one.lineno or 0) for one in traceback.extract_tb(error.__traceback__)]
    for note in getattr(error, "__notes__", ()):
        frames += [(file, int(line)) for file, line in FRAME.findall(note)]
    return frames


def _after_ours(frames: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the frames that this package has called last."""
    ours = [index for index, (file, _) in enumerate(frames) if file.startswith(OURS)]
    return frames[ours[-1] + 1 :] if ours else frames


def _is_foreign(file: str) -> bool:
    """Tell whether a file is part of Python itself, or of this package."""
    if file.startswith(PYTHON) and not _is_installed(file):
        return True
    return file.startswith(("<", OURS))


def _is_installed(file: str) -> bool:
    return not set(INSTALLED).isdisjoint(Path(file).parts)


def _short(file: str) -> str:
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative
