"""From a picture of a digit, whatever its size and colours, to the pixels the model knows.

The data set's digits are pen strokes counted in an 8x8 grid: 0 is empty paper, 16 full ink.
They fill the grid's height, and about three tenths of its area is ink, thick or thin as the
pen was. A picture is brought into that form: ink told from ground, cropped, fitted, its
strokes thickened or thinned, counted.
"""

import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

GRID = 8
FULL = 16.0
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")

MAX_PIXELS = 60_000_000  # what a phone takes; larger pictures could fill the memory
WORK_SIDE = 640  # enough for a digit that takes a tenth of the picture's side
BOX = 64  # side of the square in which strokes are thickened, a multiple of GRID
INK_SHARE = 0.3  # mean of the data set, nearly the same for all ten digits
MIN_CONTRAST = 0.1

# What Pillow's decoders are known to raise on files that are damaged or no pictures at all.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    OverflowError,
    struct.error,
)


class PictureError(ValueError):
    """A picture that cannot be read, or shows nothing; the message is one line for the user."""


def read_picture(path: str | Path) -> np.ndarray:
    """Return the 64 pixels, 0 to 16 in row order, of the digit in an image file.

    Raises:
        PictureError: the file is no image, is too large, or shows nothing.
    """
    return to_pixels(_decode(path))


def to_pixels(grey: np.ndarray) -> np.ndarray:
    """Return the 64 pixels, 0 to 16 in row order, of the digit in a grey picture.

    Args:
        grey: height x width, 0 for black to 1 for white; dark ink on light ground or the reverse.

    Raises:
        PictureError: the picture shows nothing.
    """
    ink = _fit(_ink(grey))
    ink = _match_strokes(ink)
    cells = ink.resize((GRID, GRID), Image.Resampling.BOX)
    return np.asarray(cells, dtype=float).ravel() * (FULL / 255)


def _decode(path: str | Path) -> np.ndarray:
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            image.draft("L", (WORK_SIDE, WORK_SIDE))
            return _grey(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(
            f"The picture is too large: at most {MAX_PIXELS // 1_000_000} million pixels are read."
        ) from error
    except DECODING_ERRORS as error:
        raise PictureError(
            f"The file cannot be read as a picture: {', '.join(FORMATS)} are understood."
        ) from error


def _grey(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):  # 16 bits a pixel, which convert("L") would clip to white
        image = Image.fromarray((np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        # Ink on a transparent ground: it is seen on white paper, or else on black.
        image = image.convert("RGBA")
        image.thumbnail((WORK_SIDE, WORK_SIDE))
        for paper in ("white", "black"):
            ground = Image.new("RGBA", image.size, paper)
            grey = _levels(Image.alpha_composite(ground, image))
            if np.ptp(grey) >= MIN_CONTRAST:
                break
        return grey
    return _levels(image)


def _levels(image: Image.Image) -> np.ndarray:
    image = image.convert("L")
    image.thumbnail((WORK_SIDE, WORK_SIDE))
    return np.asarray(image, dtype=float) / 255


def _ink(grey: np.ndarray) -> Image.Image:
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    difference = grey - np.median(border)
    strongest = difference.flat[np.argmax(np.abs(difference))]
    if abs(strongest) < MIN_CONTRAST:
        raise PictureError("The picture shows no digit: all of it has nearly the same brightness.")
    # A soft threshold: uneven light and noise fall away, the edges of strokes stay smooth.
    ink = np.clip((difference / strongest - 0.3) / 0.4, 0, 1)
    return Image.fromarray((ink * 255).astype(np.uint8))


def _fit(ink: Image.Image) -> Image.Image:
    """Return the ink, cropped, as large as fits and centred in a square of side BOX."""
    values = np.asarray(ink, dtype=float)
    top, bottom = _extent(values.sum(axis=1))
    left, right = _extent(values.sum(axis=0))
    side = max(bottom - top, right - left)
    left -= (side - (right - left)) // 2
    top -= (side - (bottom - top)) // 2
    # What a crop takes from beyond the picture is black, that is without ink.
    square = ink.crop((left, top, left + side, top + side))
    # Thin strokes fade when they shrink; they are to be thin and dark.
    return ImageOps.autocontrast(square.resize((BOX, BOX), Image.Resampling.BOX))


def _extent(ink: np.ndarray) -> tuple[int, int]:
    # The outermost two thousandths are left out, so that dust does not count as a stroke.
    share = np.cumsum(ink) / ink.sum()
    start = int(np.searchsorted(share, 0.002))
    end = int(np.searchsorted(share, 0.998)) + 1
    return start, end


def _match_strokes(ink: Image.Image) -> Image.Image:
    def misfit(candidate: Image.Image) -> float:
        return float(abs(np.mean(candidate) / 255 - INK_SHARE))

    too_thin = np.mean(ink) / 255 < INK_SHARE
    step = ImageFilter.MaxFilter(3) if too_thin else ImageFilter.MinFilter(3)
    for _ in range(BOX // 2):
        candidate = ImageOps.expand(ink, border=1).filter(step)
        if not candidate.getbbox():
            return ink
        candidate = _fit(candidate)
        if misfit(candidate) >= misfit(ink):
            return ink
        ink = candidate
    return ink
