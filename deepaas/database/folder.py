"""The state directory, in which the database lies unless it is elsewhere."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from deepaas.exceptions import ConfigurationError


class Unusable(ConfigurationError):
    """The state directory cannot be written to."""


def state_folder(named: str) -> Path:
    """Return the state directory; it is made where there is none.

    Args:
        named: what the options name; empty for the user's usual place.

    Raises:
        Unusable: it cannot be written to.
    """
    folder = Path(named).expanduser().absolute() if named else _usual_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        why = error.strerror or str(error)
    if named:
        raise Unusable(f"--state-dir {named} cannot be used: {why}")
    raise Unusable(f"{folder} cannot be used ({why})")


def _usual_folder() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path("~/.local/state").expanduser()) / "deepaas"
