"""The mean and the largest of an array, in NumPy."""

import numpy as np


def floats(values: np.ndarray) -> dict[str, float]:
    """Reduce an array to two numbers; next to no work, so that serving is what is measured."""
    return {"mean": float(values.mean(dtype=np.float64)), "largest": float(values.max())}
