"""HTTP errors that models raise on purpose, whatever they raise them with."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import wrapt

LONGEST_LINE = 400


class Refusal(NamedTuple):
    """A model answered with an HTTP error of its own choice."""

    status: int
    reason: str
    text: str
    headers: dict[str, str]


def as_refusal(error: BaseException) -> Refusal | None:
    """Return what an HTTP error of aiohttp or Werkzeug says; None for any other exception."""
    aiohttp = sys.modules.get("aiohttp.web_exceptions")
    if aiohttp is not None and isinstance(error, aiohttp.HTTPException):
        # The base class, which some models raise, has no status of its own.
        status = error.status if 200 <= error.status <= 599 else 500
        reason = str(error.reason or "")
        default = f"{error.status}: {reason}"
        text = error.text if error.text and error.text != default else reason
        headers = {
            name: _printable(value)
            for name, value in error.headers.items()
            if name.lower() not in ("content-type", "content-length")
        }
        return Refusal(status, _one_line(reason), text, headers)
    werkzeug = sys.modules.get("werkzeug.exceptions")
    if werkzeug is not None and isinstance(error, werkzeug.HTTPException) and error.code:
        text = str(error.description or error.name)
        return Refusal(error.code, _one_line(text), text, {})
    return None


def allow_any_reason() -> None:
    """Let aiohttp's HTTP errors be made with an exception or several lines as their reason.

    Many models do ``raise HTTPBadRequest(reason=error)``, which aiohttp answers with a TypeError
    or a ValueError of its own. Where aiohttp is not imported yet, this waits until it is.
    """
    wrapt.register_post_import_hook(_take_any_reason, "aiohttp.web_exceptions")


def _take_any_reason(web_exceptions: Any) -> None:
    base = web_exceptions.HTTPException
    if getattr(base.__init__, "takes_any_reason", False):
        return
    original = base.__init__

    def __init__(self: Any, *, reason: Any = None, text: Any = None, **kwargs: Any) -> None:
        if reason is not None:
            full = str(reason)
            reason = _one_line(full)
            text = full if text is None and full != reason else text
        original(self, reason=reason, text=text, **kwargs)

    __init__.takes_any_reason = True  # type: ignore[attr-defined]
    base.__init__ = __init__


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())[:LONGEST_LINE]


def _printable(text: str) -> str:
    """Return what can stand in a header: control characters would break the answer off."""
    return "".join(one if one.isprintable() else " " for one in text)
