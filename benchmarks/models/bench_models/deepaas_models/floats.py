"""An array in, two numbers out: a typed function."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bench_models.floats import floats
from deepaas.types import Shape


def predict(values: Annotated[NDArray[np.float32], Shape(None)]) -> dict[str, float]:
    return floats(values)
