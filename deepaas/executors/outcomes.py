"""What becomes of a call in a worker: a value, a description of an error, or an end."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

DONE, RAISED, UNSENDABLE, SKIPPED, REPORTED, ITEM = range(6)

MAX_TRACE = 64 * 1024
MAX_TEXT = 16 * 1024


def describe(error: BaseException) -> tuple[str, str, str]:
    """Return an exception's class name, text and traceback, whatever its ``__str__`` does."""
    try:
        text = str(error)
    except Exception:
        text = "(its text cannot be made)"
    try:
        trace = "".join(traceback.format_exception(error))
    except Exception:
        trace = "(its traceback cannot be made)"
    return type(error).__name__, _encodable(text[:MAX_TEXT]), _encodable(trace[-MAX_TRACE:])


def _encodable(text: str) -> str:
    """Return text that can be logged and sent; names of files may hold what UTF-8 cannot."""
    return text.encode(errors="backslashreplace").decode()


def attempt(function: Callable[..., Any], *args: Any) -> tuple[int, Any]:
    """Call ``function``; return ``DONE`` and its value, or ``RAISED`` and a description.

    A child that the function forks, and that comes back from it, ends here.
    """
    pid = os.getpid()
    try:
        outcome = DONE, function(*args)
        error = None
    except BaseException as raised:  # SystemExit of a model must not end its worker
        error = raised
        outcome = RAISED, describe(error)
    if os.getpid() != pid:
        end_child(error)
    return outcome


def end_child(error: BaseException | None) -> NoReturn:
    """End a forked process as it would end outside a worker; its parent answers.

    Args:
        error: what it has raised, if anything.
    """
    code = 0 if error is None else 1
    with contextlib.suppress(BaseException):
        if isinstance(error, SystemExit):
            if error.code is None or isinstance(error.code, int):
                code = error.code or 0
            else:
                print(error.code, file=sys.stderr)
        elif error is not None:
            traceback.print_exception(error)
    leave(code)


def leave(code: int) -> NoReturn:
    """End this process at once: a model's threads and atexit hooks could keep it alive.

    Args:
        code: its exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code & 0xFF)
