"""Modules that ask who calls by themselves, with the decorators of flaat.

Those need the request, which models are never given. What was written for flaat 0.x cannot even be
imported where 1.x is installed.
"""

from __future__ import annotations

import inspect
import os
from typing import Any

from deepaas.exceptions import InvalidModel

REMEDY = "take flaat's decorators out of the module: deepaas asks who calls, by --auth flaat"
# With this they let everybody through.
SWITCH = "DISABLE_AUTHENTICATION_AND_ASSUME_AUTHENTICATED_USER"


def fails_in_flaat(error: BaseException) -> bool:
    """Tell whether a module fails since flaat is not there, or is not what it was.

    Args:
        error: what it has raised.
    """
    if isinstance(error, ImportError):
        return _is_flaat(error.name)
    if isinstance(error, AttributeError):
        return _is_flaat(getattr(error.obj, "__name__", None) or type(error.obj).__module__)
    return False


def refuse_decorated(owner: str, function: Any) -> None:
    """Refuse a function that flaat would have refuse each call.

    Args:
        owner: what it is, for the message.
        function: of a model.

    Raises:
        InvalidModel: says what to change.
    """
    if os.environ.get(SWITCH, "").lower() == "yes":
        return
    try:
        found = inspect.unwrap(function, stop=_is_decorated)
    except ValueError:
        # It wraps itself.
        return
    if _is_decorated(found):
        raise InvalidModel(f"{owner} needs a request, which no model is given; {REMEDY}")


def _is_decorated(function: Any) -> bool:
    names = getattr(function, "__globals__", None)
    return isinstance(names, dict) and _is_flaat(names.get("__name__"))


def _is_flaat(name: object) -> bool:
    return isinstance(name, str) and name.partition(".")[0] == "flaat"
