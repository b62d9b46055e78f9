"""What tritonclient is asked with, whichever way it goes."""

from typing import Any

import numpy as np
from tritonclient.utils import InferenceServerException


def tensor(kind: type, name: str, values: np.ndarray, datatype: str, *packed: bool) -> Any:
    """A tensor of a kind; only over HTTP it may not be packed."""
    made = kind(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, *packed)
    return made


def text(*values: str) -> np.ndarray:
    """An array of texts."""
    return np.array([value.encode() for value in values], dtype=object)


def refused(call, *arguments, **options) -> list[str]:
    """The status and the words with which a call is refused."""
    try:
        call(*arguments, **options)
    except InferenceServerException as error:
        return [error.status(), error.message()]
    raise AssertionError("it was not refused")
