"""A network of three layers, 784 → 2048 → 2048 → 10, whose weights need no file.

They repeat with a period, so that the answer can be worked out without NumPy; what multiplying
them costs does not depend on that.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

SIZES = (784, 2048, 2048, 10)
PERIOD = 13
# How requests are put together, the same for each server that can do so.
LARGEST_BATCH, LONGEST_WAIT = 32, 0.005


class Mlp:
    """The network, its weights in memory."""

    def __init__(self) -> None:
        self.layers = [weights(rows, columns) for rows, columns in pairwise(SIZES)]

    def __call__(self, samples: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
        """Return ten scores for each sample."""
        values = np.asarray(samples, np.float32)
        *hidden, last = self.layers
        for layer in hidden:
            values = np.maximum(values @ layer, 0)
        return values @ last


def weights(rows: int, columns: int) -> np.ndarray:
    row, column = np.ogrid[:rows, :columns]
    return (((row * 31 + column * 17) % PERIOD - 5) / rows).astype(np.float32)
