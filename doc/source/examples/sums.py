"""A model that sums numbers up."""

from typing import TypedDict


class Summed(TypedDict):
    """What it answers."""

    total: float
    count: int


def predict(values: list[float], scale: float = 1.0) -> Summed:
    """Sum numbers up.

    Args:
        values: the numbers.
        scale: each is multiplied by it.
    """
    return {"total": scale * sum(values), "count": len(values)}
