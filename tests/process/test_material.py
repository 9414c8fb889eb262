"""Both sides of the tolerance: what servers do to a picture, and what editors do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from iiif_dedup.process.decode import decode
from iiif_dedup.process.derivative import derivative
from iiif_dedup.process.material import differs_materially, tiles_differ
from iiif_dedup.process.tiles import tile
from tests.process.pictures import scene

PICTURES = (
    "museum_paintings/catalogue/bbdd_00155.jpg",
    "pottery/images/Pellegrino__Ch2_Fig3_1.jpg",
    "pottery/images/Pellegrino__Ch5_Fig31_2.jpg",
    "ambers/images/pl31-1.jpg",
)


@pytest.fixture(params=PICTURES)
def picture(request: pytest.FixtureRequest, shared: Path) -> Image.Image:
    with Image.open(shared / "data" / request.param) as image:
        return image.convert("RGB")


def served(image: Image.Image, quality: int = 90, **options: object) -> bytes:
    body = io.BytesIO()
    image.save(body, "JPEG", quality=quality, **options)
    return body.getvalue()


def pixels(body: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return decode(body, max_pixels=10**8).pixels


def changed(before: Image.Image, after: bytes) -> bool:
    """Tell by what is kept of the two."""
    one, other = (pixels(derivative(pixels(body), 768)) for body in (served(before), after))
    return differs_materially(one, other)


@pytest.mark.parametrize("quality", range(60, 96, 5))
def test_another_quality_is_the_same_picture(picture: Image.Image, quality: int) -> None:
    assert not changed(picture, served(picture, quality))
    assert not changed(picture, served(picture, quality, subsampling=0, comment=b"again"))


@pytest.mark.parametrize("more", [(1, 0), (0, 1), (1, 1), (-1, 0), (0, -1), (-1, -1)])
def test_a_side_that_is_a_pixel_longer_is_the_same_picture(
    picture: Image.Image, more: tuple[int, int]
) -> None:
    size = (picture.width + more[0], picture.height + more[1])
    for method in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS):
        assert not changed(picture, served(picture.resize(size, method), 85))


def test_a_crop_of_three_percent_is_another_picture(picture: Image.Image) -> None:
    across, down = round(0.03 * picture.width), round(0.03 * picture.height)
    assert changed(picture, served(picture.crop((across, 0, picture.width, picture.height))))
    box = (across, down, picture.width - across, picture.height - down)
    assert changed(picture, served(picture.crop(box)))


def test_a_label_that_was_not_there_is_another_picture(picture: Image.Image) -> None:
    edited = picture.copy()
    draw = ImageDraw.Draw(edited)
    left, top = round(0.8 * picture.width), round(0.9 * picture.height)
    box = (left, top, left + picture.width // 7, top + picture.height // 20)
    draw.rectangle(box, fill="white", outline="black")
    draw.text((left + 2, top), "Inv. 1234", fill="black", font_size=picture.height // 25)
    assert changed(picture, served(edited))


def test_a_retouched_spot_is_another_picture(picture: Image.Image) -> None:
    edited = picture.copy()
    side = round(0.08 * max(picture.size))
    x, y = round(0.45 * picture.width), round(0.45 * picture.height)
    spot = Image.eval(picture.crop((x, y, x + side, y + side)), lambda level: level // 2 + 64)
    edited.paste(spot, (x, y))
    assert changed(picture, served(edited))


def test_other_proportions_are_another_picture() -> None:
    assert differs_materially(scene(600, 400), scene(600, 380))
    assert not differs_materially(scene(600, 400), scene(600, 401))
    assert not differs_materially(scene(600, 400), scene(150, 100))
    assert not differs_materially(scene(12, 8), scene(12, 8))


def test_tiles_tell_a_photograph_from_another_one() -> None:
    before = scene(600, 400)
    assert not tiles_differ(tile(before), tile(pixels(served(Image.fromarray(before), 70))))
    assert tiles_differ(tile(before), tile(before[:, ::-1].copy()))
