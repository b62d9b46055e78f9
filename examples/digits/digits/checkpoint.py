"""What a training writes after each epoch, to go on from there should it be interrupted."""

import os
import pickle
from pathlib import Path
from typing import Any

NAME = "checkpoint.pickle"


def save(state: Any, folder: Path) -> None:
    """Write a checkpoint in one step, so that a training that is killed leaves the last one whole.

    Args:
        state: all that the training needs to go on.
        folder: the training's own.
    """
    # One name for all that are half written: a killed training leaves at most one, for the next.
    part = folder / f"{NAME}.part"
    part.write_bytes(pickle.dumps(state))
    os.replace(part, folder / NAME)


def load(folder: Path) -> Any:
    """Return what was saved last, or None if nothing was.

    Args:
        folder: the training's own.
    """
    try:
        content = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return None
    # Reading a pickle can run any code. This one was written by the function above, into a folder
    # that nobody but the training writes to; never read one that came from somewhere else.
    return pickle.loads(content)  # noqa: S301
