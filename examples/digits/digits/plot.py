"""The answer as a picture: the digit as the model saw it, and a bar for each label."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digits.pictures import FULL, GRID

WIDTH, HEIGHT, MARGIN = 640, 320, 40
SEEN = 200  # side of the digit as the model saw it
BASE = HEIGHT - MARGIN - 30  # where the bars stand
BARS = 170  # height of a bar of probability 1
INK, QUIET, BEST = "#1f2933", "#cbd2d9", "#2563eb"


def plot(pixels: np.ndarray, probabilities: np.ndarray) -> BytesIO:
    """Return a PNG picture of an answer.

    Args:
        pixels: the 64 values, 0 to 16 in row order, that the model was given.
        probabilities: of the labels, each 0 to 1.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pencil = ImageDraw.Draw(picture)
    font, title = ImageFont.load_default(15), ImageFont.load_default(20)
    best = int(np.argmax(probabilities))
    heading = f"This is a {best}, with probability {probabilities[best]:.2f}"
    pencil.text((MARGIN, 20), heading, INK, title)

    seen = Image.fromarray((255 - pixels.reshape(GRID, GRID) * (255 / FULL)).astype(np.uint8))
    top = BASE - SEEN + 30
    picture.paste(seen.resize((SEEN, SEEN), Image.Resampling.NEAREST), (MARGIN, top))
    pencil.rectangle((MARGIN - 1, top - 1, MARGIN + SEEN, top + SEEN), outline=QUIET)

    left = 2 * MARGIN + SEEN
    step = (WIDTH - MARGIN - left) / len(probabilities)
    for label, probability in enumerate(probabilities):
        start, middle = left + label * step, left + (label + 0.5) * step
        top = BASE - max(probability * BARS, 1)
        pencil.rectangle(
            (start + 4, top, start + step - 4, BASE), fill=BEST if label == best else QUIET
        )
        pencil.text((middle, BASE + 8), str(label), INK, font, anchor="mt")
    pencil.line((left, BASE, WIDTH - MARGIN, BASE), INK)
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    file.seek(0)
    return file
