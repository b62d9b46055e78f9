"""Pictures of any size and colour become the pixels that the model knows."""

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from digits.pictures import MAX_PIXELS, PictureError, read_picture, to_pixels


def ring(ink: int = 0, ground: int = 255, size: int = 200, mode: str = "L") -> Image.Image:
    picture = Image.new("L", (size, size), ground)
    ImageDraw.Draw(picture).ellipse((40, 30, 120, 150), outline=ink, width=20)
    return picture.convert(mode)


@pytest.fixture
def pixels_of(tmp_path):
    def read(picture: Image.Image, suffix: str = "png", **options) -> np.ndarray:
        path = tmp_path / f"picture.{suffix}"
        picture.save(path, **options)
        return read_picture(path)

    return read


def test_ink_fills_the_height_and_three_tenths_of_the_grid(pixels_of):
    grid = pixels_of(ring()).reshape(8, 8)
    assert grid.min() >= 0
    assert grid.max() <= 16
    assert (grid.max(axis=1) > 4).all()
    assert grid.mean() / 16 == pytest.approx(0.3, abs=0.05)


def test_light_ink_on_dark_ground_gives_the_same_pixels(pixels_of):
    assert pixels_of(ring(255, 0)) == pytest.approx(pixels_of(ring()), abs=0.5)


def test_faint_ink_gives_the_same_pixels(pixels_of):
    assert pixels_of(ring(120, 200)) == pytest.approx(pixels_of(ring()), abs=0.5)


def test_place_and_size_in_the_picture_do_not_matter(pixels_of):
    moved = Image.new("L", (900, 500), 255)
    moved.paste(ring(), (600, 250))
    assert pixels_of(moved) == pytest.approx(pixels_of(ring()), abs=1.5)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode_gives_the_same_pixels(pixels_of, mode):
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(ring(), dtype=np.uint16) * 257)
    else:
        picture = ring(mode=mode)
    assert pixels_of(picture) == pytest.approx(pixels_of(ring()), abs=0.5)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_jpeg_mode_gives_nearly_the_same_pixels(pixels_of, mode):
    assert pixels_of(ring(mode=mode), "jpg") == pytest.approx(pixels_of(ring()), abs=1)


@pytest.mark.parametrize("colour", ["black", "white"])
def test_ink_on_a_transparent_ground_is_seen_in_any_colour(pixels_of, colour):
    picture = Image.new("RGBA", (200, 200), colour)
    picture.putalpha(ImageOps.invert(ring()))
    assert pixels_of(picture) == pytest.approx(pixels_of(ring()), abs=0.5)


def test_a_photo_taken_sideways_is_turned_by_its_exif_orientation(pixels_of):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = ring().rotate(90, expand=True)
    assert pixels_of(turned, exif=exif) == pytest.approx(pixels_of(ring()), abs=0.5)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (300, 300)])
def test_a_blank_picture_is_refused(pixels_of, size):
    with pytest.raises(PictureError, match="shows no digit"):
        pixels_of(Image.new("RGB", size, "white"))


def test_a_hair_line_is_read_without_trouble():
    grey = np.ones((600, 600))
    grey[50:550, 300] = 0
    assert to_pixels(grey).reshape(8, 8)[:, 3:5].max(axis=1) == pytest.approx([16] * 8, abs=4)


def test_more_pixels_than_fit_the_memory_are_refused(pixels_of):
    for times in (1, 4):  # Pillow itself refuses the second one
        with pytest.raises(PictureError, match="at most 60 million"):
            pixels_of(Image.new("1", (10_000 * times, MAX_PIXELS // 10_000 + 1)))


@pytest.mark.parametrize("content", [b"", b"no picture", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match="cannot be read as a picture"):
        read_picture(path)


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "webp"])
def test_damaged_pictures_are_read_or_refused_but_never_break_the_model(tmp_path, kind):
    file = io.BytesIO()
    ring(mode="RGB").save(file, kind)
    chance = random.Random(kind)
    path = tmp_path / "picture"
    outcomes = set()
    for _ in range(60):
        content = bytearray(file.getvalue())
        for _ in range(chance.randrange(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        end = chance.choice([len(content), chance.randrange(len(content))])
        path.write_bytes(content[:end])
        try:
            outcomes.add(read_picture(path).shape)
        except PictureError:
            outcomes.add("refused")
    assert "refused" in outcomes
    assert outcomes <= {(64,), "refused"}
