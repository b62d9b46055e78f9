"""Digits as other hands and pens would have written them, to learn from."""

import numpy as np

from digits.pictures import GRID

# How far a distorted digit may be from the one it was made of. These values and the width of the
# hidden layer were chosen on drawn digits of many pens and slants, not on the data set alone.
SHIFT = 0.2  # of half the grid's side
SCALE = 0.15  # of the digit's size
SHEAR = 0.35  # of the height, sideways
NOISE = 0.15  # standard deviation of a pixel, of full ink
GAP = 2  # side of the square that stays without ink, in pixels


def distort(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the digits, each moved, stretched and slanted a little, stained, and with a gap.

    Args:
        pixels: n x 64 of 0 to 1, in row order.
        random: where the distortions come from.
    """
    count = len(pixels)
    centre = (GRID - 1) / 2
    rows, columns = (np.mgrid[:GRID, :GRID].reshape(2, -1) - centre) / centre
    scale = 1 + random.uniform(-SCALE, SCALE, (2, count, 1))
    shift = random.uniform(-SHIFT, SHIFT, (2, count, 1))
    shear = random.uniform(-SHEAR, SHEAR, (count, 1))
    source_rows = rows * scale[0] + shift[0]
    source_columns = columns * scale[1] + shift[1] + rows * shear
    distorted = _sample(pixels, source_rows * centre + centre, source_columns * centre + centre)
    distorted = np.clip(distorted + random.normal(0, NOISE, distorted.shape), 0, 1)
    return np.where(_gaps(count, random), 0, distorted)


def _gaps(count: int, random: np.random.Generator) -> np.ndarray:
    """Return where each digit has its gap, as n x 64 booleans; it may reach beyond the grid."""
    start = random.integers(1 - GAP, GRID, (2, count, 1))
    line = np.arange(GRID)
    rows, columns = (line >= start) & (line < start + GAP)
    return (rows[:, :, None] & columns[:, None, :]).reshape(count, -1)


def _sample(pixels: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the digits' values at fractional places, n x 64 each; beyond the grid is no ink."""
    padded = np.pad(pixels.reshape(-1, GRID, GRID), ((0, 0), (1, 1), (1, 1)))
    rows = np.clip(rows + 1, 0, GRID + 0.999)
    columns = np.clip(columns + 1, 0, GRID + 0.999)
    top, left = rows.astype(int), columns.astype(int)
    down, right = rows - top, columns - left
    digit = np.arange(len(pixels))[:, None]
    upper = padded[digit, top, left] * (1 - right) + padded[digit, top, left + 1] * right
    lower = padded[digit, top + 1, left] * (1 - right) + padded[digit, top + 1, left + 1] * right
    return upper * (1 - down) + lower * down
