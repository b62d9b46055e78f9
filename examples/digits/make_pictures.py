"""Makes the pictures to try: `python make_pictures.py` writes them into `pictures/`.

Four of them are digits of scikit-learn's data set, enlarged; the others are drawn by strokes,
as with a pen on paper, chalk on a board, or a finger on a screen.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from sklearn.datasets import load_digits

FOLDER = Path(__file__).parent / "pictures"
FINE = 4  # strokes are drawn this many times larger, for smooth edges

Point = tuple[float, float]

# Strokes through points of a digit's box, which is 1 high; (0, 0) is its top left corner.
STROKES: dict[int, list[list[Point]]] = {
    0: [[(0.30, 0.0), (0.06, 0.2), (0.0, 0.55), (0.10, 0.9), (0.34, 1.0), (0.58, 0.85),
         (0.64, 0.5), (0.56, 0.15), (0.30, 0.0)]],
    1: [[(0.0, 0.28), (0.18, 0.16), (0.32, 0.0), (0.31, 0.5), (0.30, 1.0)]],
    2: [[(0.02, 0.22), (0.14, 0.04), (0.34, 0.0), (0.54, 0.10), (0.56, 0.32), (0.38, 0.62),
         (0.02, 0.98)], [(0.02, 0.98), (0.32, 0.95), (0.64, 0.97)]],
    3: [[(0.02, 0.10), (0.26, 0.0), (0.50, 0.08), (0.54, 0.26), (0.40, 0.42), (0.20, 0.48)],
        [(0.20, 0.48), (0.46, 0.54), (0.58, 0.72), (0.48, 0.92), (0.24, 1.0), (0.0, 0.92)]],
    4: [[(0.36, 0.0), (0.16, 0.34), (0.0, 0.62)], [(0.0, 0.62), (0.32, 0.63), (0.66, 0.60)],
        [(0.48, 0.36), (0.46, 0.7), (0.44, 1.0)]],
    5: [[(0.56, 0.0), (0.32, 0.01), (0.12, 0.02)], [(0.12, 0.02), (0.08, 0.22), (0.06, 0.44)],
        [(0.06, 0.44), (0.30, 0.36), (0.54, 0.48), (0.58, 0.72), (0.44, 0.93), (0.20, 1.0),
         (0.0, 0.92)]],
    6: [[(0.46, 0.0), (0.20, 0.22), (0.04, 0.54), (0.06, 0.84), (0.26, 1.0), (0.50, 0.92),
         (0.56, 0.70), (0.42, 0.54), (0.20, 0.56), (0.06, 0.74)]],
    7: [[(0.0, 0.04), (0.30, 0.03), (0.60, 0.0)], [(0.60, 0.0), (0.42, 0.40), (0.24, 1.0)],
        [(0.18, 0.52), (0.38, 0.50), (0.58, 0.49)]],
    8: [[(0.52, 0.14), (0.32, 0.0), (0.10, 0.08), (0.08, 0.26), (0.30, 0.44), (0.54, 0.66),
         (0.52, 0.90), (0.28, 1.0), (0.06, 0.90), (0.06, 0.68), (0.30, 0.46), (0.50, 0.30),
         (0.52, 0.14)]],
    9: [[(0.52, 0.16), (0.32, 0.0), (0.10, 0.08), (0.04, 0.30), (0.18, 0.46), (0.40, 0.42),
         (0.52, 0.20)], [(0.54, 0.12), (0.52, 0.46), (0.46, 0.74), (0.32, 1.0)]],
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a digit is drawn: pixels for sizes, 0 to 255 for colours."""

    size: tuple[int, int] = (240, 300)
    corner: tuple[float, float] = (80, 70)  # of the digit's box, from the top left
    height: float = 150
    pen: float = 12
    slant: float = 0.0  # how far the top leans to the right, as a share of the height
    ink: tuple[int, int, int] = (40, 42, 60)
    ground: tuple[int, int, int] = (235, 232, 222)
    shade: float = 0.0  # how much darker the ground is at the right edge, as a share
    grain: float = 0.0  # standard deviation of the noise, in levels


def draw(digit: int, look: Look, seed: int = 0) -> Image.Image:
    """Return a picture of the digit drawn by strokes, the same for the same seed."""
    mask = _strokes(digit, look)
    width, height = look.size
    light = 1 - look.shade * np.linspace(0, 1, width)[None, :, None]
    ground = np.array(look.ground) * light
    colours = ground + (np.array(look.ink) - ground) * mask[:, :, None]
    noise = np.random.default_rng(seed).normal(0, 1, (height, width, 1)) * look.grain
    return Image.fromarray(np.clip(colours + noise, 0, 255).astype(np.uint8))


def draw_transparent(digit: int, look: Look) -> Image.Image:
    """Return the digit's strokes alone, on a transparent ground."""
    alpha = Image.fromarray((_strokes(digit, look) * 255).astype(np.uint8))
    picture = Image.new("RGBA", look.size, look.ink)
    picture.putalpha(alpha)
    return picture


def enlarge(label: int, index: int, size: int = 200) -> Image.Image:
    """Return the index-th digit of that label in the data set, as dark ink on white paper."""
    digits = load_digits()
    values = digits.images[digits.target == label][index]
    ink = Image.fromarray((values * (255 / 16)).astype(np.uint8))
    # Paper around it before it is enlarged, or its strokes would end in a hard edge.
    darkness = ImageOps.expand(ink, border=3).resize((size, size), Image.Resampling.BICUBIC)
    return ImageOps.invert(darkness)


def _strokes(digit: int, look: Look) -> np.ndarray:
    width, height = look.size
    canvas = Image.new("L", (width * FINE, height * FINE), 0)
    pencil = ImageDraw.Draw(canvas)
    radius = look.pen * FINE / 2
    for stroke in STROKES[digit]:
        for x, y in _smooth(stroke):
            x = (look.corner[0] + (x + look.slant * (1 - y)) * look.height) * FINE
            y = (look.corner[1] + y * look.height) * FINE
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    canvas = canvas.resize((width, height), Image.Resampling.BOX)
    return np.asarray(canvas.filter(ImageFilter.GaussianBlur(0.6)), dtype=float) / 255


def _smooth(points: list[Point], steps: int = 60) -> np.ndarray:
    """Return a dense Catmull-Rom curve through the points."""
    ends = np.array([points[0], *points, points[-1]])
    t = np.linspace(0, 1, steps)[:, None]
    pieces = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        pieces.append(
            b + t * ((c - a) + t * ((2 * a - 5 * b + 4 * c - d) + t * (3 * (b - c) + d - a))) / 2
        )
    return np.concatenate(pieces)


def main() -> None:
    """Write the ten pictures."""
    pen = Look(pen=9, grain=4, shade=0.15)
    marker = Look(size=(320, 240), corner=(120, 50), height=130, pen=17, ink=(30, 60, 140))
    chalk = Look(ink=(235, 235, 228), ground=(45, 70, 60), pen=11, grain=5, slant=0.1)
    finger = Look(size=(280, 280), corner=(100, 60), height=160, pen=20, ink=(20, 20, 20))
    pictures = {
        "zero.png": enlarge(0, 10),
        "one.jpg": draw(1, pen, seed=1),
        "two.png": enlarge(2, 14),
        "three.jpg": draw(3, marker, seed=3),
        "four.png": enlarge(4, 17),
        "five.jpg": draw(5, chalk, seed=5),
        "six.png": draw_transparent(6, finger),
        "seven.png": draw(7, marker, seed=7),
        "eight.jpg": draw(8, pen, seed=8),
        "nine.png": enlarge(9, 24),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        picture.save(FOLDER / name, quality=80, optimize=True)


if __name__ == "__main__":
    main()
