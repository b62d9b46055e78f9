"""The classifier, and the files that classifiers are kept in.

A prediction needs NumPy alone: scikit-learn, slow to import, is left to `digits.training`.
"""

import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from digits.pictures import FULL, GRID

LABELS = 10
NAME = "digits.npz"


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


def first_path() -> Path:
    """Return the first model's place: in DIGITS_MODEL_DIR, else in the user's cache folder."""
    if folder := os.environ.get("DIGITS_MODEL_DIR"):
        return Path(folder) / NAME
    cache = os.environ.get("XDG_CACHE_HOME")
    return Path(cache or Path.home() / ".cache") / "deepaas-digits" / NAME


def save(classifier: Classifier, path: Path) -> None:
    """Write a model file in one step, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own, as workers that find no first model all train and save it.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **asdict(classifier))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load(path: Path) -> Classifier:
    """Return a model file's classifier.

    Raises:
        FileNotFoundError: there is no such file.
        CorruptModelError: it holds no classifier.
    """
    with path.open("rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return Classifier(**arrays)
        except Exception as error:  # a damaged file makes NumPy raise nearly anything
            raise CorruptModelError(f"{path} holds no digits model: {error}") from error
