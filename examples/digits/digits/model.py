"""The classifier and the file it is kept in.

A prediction needs NumPy alone: scikit-learn, slow to import, is left to `digits.training`.
"""

import os
import tempfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from digits.pictures import FULL, GRID

LABELS = 10


class CorruptModelError(ValueError):
    """A model file that holds no classifier."""


@dataclass(frozen=True)
class Classifier:
    """A network with one hidden layer, as arrays: 64 pixels to 10 probabilities."""

    hidden_weights: np.ndarray
    hidden_biases: np.ndarray
    output_weights: np.ndarray
    output_biases: np.ndarray

    def __post_init__(self) -> None:
        units = self.hidden_biases.size
        expected = [(GRID * GRID, units), (units,), (units, LABELS), (LABELS,)]
        arrays = list(asdict(self).values())
        if [array.shape for array in arrays] != expected:
            raise ValueError("the arrays' shapes do not make a network")
        if not all(np.isfinite(array).all() for array in arrays):
            raise ValueError("some weights are not finite")

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """Return the probability of each label, shape (10,), for 64 pixels of 0 to 16."""
        hidden = np.maximum(pixels / FULL @ self.hidden_weights + self.hidden_biases, 0)
        scores = hidden @ self.output_weights + self.output_biases
        odds = np.exp(scores - scores.max())
        return odds / odds.sum()


def model_path() -> Path:
    """Return the model file's place: in DIGITS_MODEL_DIR, else in the user's cache folder."""
    if folder := os.environ.get("DIGITS_MODEL_DIR"):
        return Path(folder) / "digits.npz"
    cache = os.environ.get("XDG_CACHE_HOME")
    return Path(cache or Path.home() / ".cache") / "deepaas-digits" / "digits.npz"


def save(classifier: Classifier) -> Path:
    """Write the model file in one step, so that no reader ever sees half of it; return its path."""
    path = model_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **asdict(classifier))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path


def load() -> Classifier:
    """Return the model file's classifier, reading it only if it changed since the last call.

    Raises:
        FileNotFoundError: nothing has been saved yet.
        CorruptModelError: the file holds no classifier.
    """
    path = model_path()
    info = path.stat()
    return _load(path, (info.st_ino, info.st_mtime_ns, info.st_size))


@lru_cache(maxsize=1)
def _load(path: Path, stamp: tuple[int, int, int]) -> Classifier:
    del stamp  # only tells one state of the file from another
    with path.open("rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return Classifier(**arrays)
        except Exception as error:  # a damaged file makes NumPy raise nearly anything
            raise CorruptModelError(f"{path} holds no digits model: {error}") from error
