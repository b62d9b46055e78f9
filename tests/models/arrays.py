"""Arrays in, arrays out."""

from typing import Annotated, Any

import numpy as np

from deepaas.types import Dtype


def predict(
    image: Annotated[np.ndarray, Dtype("float32")],
    scale: float = 1.0,
    labels: list[str] = ["dark", "light"],  # noqa: B006 - a hint's default
) -> dict[str, Any]:
    """Scale an image.

    Args:
        image: any numbers.
        scale: what they are multiplied with.
        labels: of its halves.
    """
    scaled = image * np.float32(scale)
    mean = float(scaled.mean())
    return {"scaled": scaled, "mean": mean, "label": labels[int(mean > 0.5)]}
