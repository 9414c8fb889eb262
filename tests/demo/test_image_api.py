"""Image API 3.0, level 2: every form of every parameter, on pictures of awkward sizes."""

import contextlib
import io
from dataclasses import dataclass
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from demo.image_api import (
    MAX_SIDE,
    ImageRequest,
    ImageRequestError,
    derive,
    info,
    parse_region,
    parse_rotation,
    parse_size,
)

sides = st.integers(1, 5000)


@dataclass(frozen=True)
class Picture:
    """Left half red, right half blue, a white top row."""

    width: int = 40
    height: int = 30
    media_type: str = "image/png"
    cache_name: None = None

    def read(self) -> bytes:
        image = Image.new("RGB", (self.width, self.height), (250, 0, 0))
        image.paste((0, 0, 250), (self.width // 2, 0, self.width, self.height))
        image.paste((255, 255, 255), (0, 0, self.width, 1))
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        return buffer.getvalue()


def get(region: str, size: str, rotation: str = "0", name: str = "default.png") -> Image.Image:
    picture = Picture()
    data, media_type = derive(picture, picture.read(), ImageRequest(region, size, rotation, name))
    image = Image.open(io.BytesIO(data))
    assert Image.MIME[image.format or ""] == media_type
    return image


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("full", (0, 0, 400, 300)),
        ("square", (50, 0, 300, 300)),
        ("10,20,30,40", (10, 20, 30, 40)),
        ("390,290,100,100", (390, 290, 10, 10)),
        ("pct:25,50,25,50", (100, 150, 100, 150)),
        ("pct:90.5,0,50,100", (362, 0, 38, 300)),
    ],
)
def test_regions(text: str, box: tuple[int, int, int, int]) -> None:
    assert parse_region(text, 400, 300) == box


@pytest.mark.parametrize(
    "text",
    ["", "Full", "10,20,30", "-1,0,5,5", "400,0,10,10", "0,300,1,1", "0,0,0,5", "pct:0,0,0,50",
     "pct:100,0,10,10", "1.5,0,5,5", "pct:1,2,3", "0,0,9999999999,1", "١,٠,٥,٥x"],
)  # fmt: skip
def test_bad_regions_are_400(text: str) -> None:
    with pytest.raises(ImageRequestError) as caught:
        parse_region(text, 400, 300)
    assert caught.value.status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("max", (400, 300)),
        ("^max", (4096, 3072)),
        ("200,", (200, 150)),
        (",100", (133, 100)),
        ("pct:50", (200, 150)),
        ("100,300", (100, 300)),
        ("!200,200", (200, 150)),
        ("!1024,1024", (400, 300)),
        ("^!800,800", (800, 600)),
        ("^800,", (800, 600)),
        ("^pct:200", (800, 600)),
        ("^500,20", (500, 20)),
        ("1,", (1, 1)),
    ],
)
def test_sizes(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text, 400, 300) == size


@pytest.mark.parametrize(
    "text",
    ["", "full", "401,", ",301", "pct:101", "401,1", "0,", ",0", "!0,5", "!5,", ",", "-5,", "^",
     "^5000,", "pct:0", "5,5,5", "!", "^^max", "max^"],
)  # fmt: skip
def test_bad_sizes_and_upscaling_without_caret_are_400(text: str) -> None:
    with pytest.raises(ImageRequestError) as caught:
        parse_size(text, 400, 300)
    assert caught.value.status == HTTPStatus.BAD_REQUEST


@given(width=sides, height=sides, w=sides, h=sides)
def test_confined_size_keeps_proportions_and_never_enlarges(
    width: int, height: int, w: int, h: int
) -> None:
    got_w, got_h = parse_size(f"!{w},{h}", width, height)
    assert 1 <= got_w <= min(w, width, MAX_SIDE)
    assert 1 <= got_h <= min(h, height, MAX_SIDE)
    assert abs(got_w / width - got_h / height) <= max(1 / width, 1 / height)


@given(text=st.text(max_size=20), width=sides, height=sides)
def test_any_text_is_a_size_and_a_region_or_refused(text: str, width: int, height: int) -> None:
    for parse in (parse_size, parse_region):
        with contextlib.suppress(ImageRequestError):
            values = parse(text, width, height)
            assert all(value >= 0 for value in values)
            assert min(values[-2:]) >= 1


@pytest.mark.parametrize(
    ("text", "status"),
    [("45", 501), ("!0", 501), ("361", 400), ("-90", 400), ("", 400), ("ninety", 400)],
)
def test_rotations_not_offered(text: str, status: int) -> None:
    with pytest.raises(ImageRequestError) as caught:
        parse_rotation(text)
    assert caught.value.status == status


def test_region_comes_before_size_and_size_before_rotation() -> None:
    image = get("0,10,20,20", "10,5", "90")
    assert image.size == (5, 10)
    assert image.convert("RGB").getpixel((2, 5)) == (250, 0, 0)


def test_rotation_is_clockwise() -> None:
    image = get("full", "max", "90").convert("RGB")
    assert image.size == (30, 40)
    assert image.getpixel((29, 20)) == (255, 255, 255)
    assert image.getpixel((5, 5)) == (250, 0, 0)
    assert image.getpixel((5, 35)) == (0, 0, 250)


@pytest.mark.parametrize(
    ("name", "mode"),
    [("default.png", "RGB"), ("color.jpg", "RGB"), ("gray.jpg", "L"), ("bitonal.png", "1")],
)
def test_qualities_and_formats(name: str, mode: str) -> None:
    assert get("full", "max", "0", name).mode == mode


@pytest.mark.parametrize(
    ("name", "status"),
    [("default.tif", 501), ("native.jpg", 400), ("default", 400), ("default.exe", 400)],
)
def test_names_not_offered(name: str, status: int) -> None:
    with pytest.raises(ImageRequestError) as caught:
        get("full", "max", "0", name)
    assert caught.value.status == status


def test_the_whole_picture_in_its_own_format_is_the_file_itself() -> None:
    picture = Picture()
    request = ImageRequest("full", "!1024,1024", "0", "default.png")
    assert derive(picture, b"the file", request) == (b"the file", "image/png")


def test_info_tells_level_limits_and_sizes_that_are_served() -> None:
    document = info("http://127.0.0.1:1/c/images/x", 400, 300)
    assert document["profile"] == "level2"
    assert document["protocol"] == "http://iiif.io/api/image"
    assert (document["width"], document["height"]) == (400, 300)
    for size in document["sizes"]:
        assert parse_size(f"{size['width']},{size['height']}", 400, 300)
