from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from iiif_dedup.errors import ImageError, Reason
from iiif_dedup.process.decode import Picture, decode
from tests.process.pictures import HEIGHT, WIDTH, difference, encoded, scene

LIMIT = 10_000_000
FORMATS = ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "JPEG2000", "BMP"]
# Pillow warns of damage that it can live with, such as a broken EXIF block.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def read(body: bytes) -> Picture:
    return decode(body, max_pixels=LIMIT)


def refusal(body: bytes, max_pixels: int = LIMIT) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode(body, max_pixels=max_pixels)
    assert str(caught.value).endswith(".")
    return caught.value


# Formats


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_gives_the_same_picture(format_: str) -> None:
    picture = read(encoded(scene(), format_))

    # A GIF has 256 colours.
    assert difference(picture.pixels, scene()) < (8 if format_ == "GIF" else 1.5)
    assert (picture.width, picture.height, picture.format) == (WIDTH, HEIGHT, format_)
    assert picture.pixels.dtype == np.uint8


def test_a_bare_jpeg_2000_codestream_is_read() -> None:
    body = encoded(scene(), "JPEG2000", no_jp2=True)

    assert body.startswith(b"\xff\x4f\xff\x51")
    assert difference(read(body).pixels, scene()) < 1


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 2}, {"optimize": True}])
def test_flavours_of_jpeg_are_read(options: dict[str, object]) -> None:
    assert difference(read(encoded(scene(), "JPEG", **options)).pixels, scene()) < 4


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_flavours_of_tiff_are_read(compression: str) -> None:
    assert difference(read(encoded(scene(), "TIFF", compression=compression)).pixels, scene()) < 5


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_an_animation_the_first_frame_counts(format_: str) -> None:
    frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "lime", "blue")]
    body = encoded(frames[0], format_, save_all=True, append_images=frames[1:])

    assert read(body).pixels.reshape(-1, 3).max(axis=0).tolist() == [255, 0, 0]
    assert read(body).pixels.shape == (HEIGHT, WIDTH, 3)


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_every_exif_orientation_is_set_upright(format_: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(scene())
    if format_ == "TIFF":
        body = encoded(stored, format_, tiffinfo={274: orientation})
    else:
        body = encoded(stored, format_, exif=exif)

    picture = read(body)

    with Image.open(io.BytesIO(encoded(stored, "JPEG", exif=exif))) as reference:
        expected = np.asarray(ImageOps.exif_transpose(reference).convert("RGB"))
    assert difference(picture.pixels, expected) < 1.5
    assert (picture.height, picture.width) == picture.pixels.shape[:2]


def test_broken_exif_turns_nothing() -> None:
    picture = read(encoded(scene(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage"))

    assert difference(picture.pixels, scene()) < 1.5


# Colours


def test_cmyk_is_converted_as_adobe_stores_it() -> None:
    """Pillow writes the Adobe marker and inverted values, as Photoshop does."""
    body = encoded(Image.fromarray(scene()).convert("CMYK"), "JPEG")

    assert b"Adobe" in body
    assert difference(read(body).pixels, scene()) < 3


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_16_bit_grey_keeps_its_high_byte(format_: str) -> None:
    values = np.linspace(0, 65535, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)

    pixels = read(encoded(values, format_)).pixels

    assert np.array_equal(pixels, np.repeat((values >> 8)[:, :, np.newaxis], 3, axis=2))


def test_16_bit_colour_is_read() -> None:
    """A PNG of 16 bits a channel, written by hand since Pillow does not."""
    values = scene().astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in parts)

    assert difference(read(body).pixels, scene()) < 1


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_numbers_without_a_range_are_stretched(dtype: type) -> None:
    values: NDArray[Any] = np.linspace(-5, 10_000, WIDTH * HEIGHT).astype(dtype)

    pixels = read(encoded(values.reshape(HEIGHT, WIDTH), "TIFF")).pixels

    assert (int(pixels.min()), int(pixels.max())) == (0, 255)
    assert (np.diff(pixels[0, :, 0].astype(int)) >= 0).all()


def test_a_float_picture_with_holes_is_read() -> None:
    values = np.full((HEIGHT, WIDTH), np.nan, np.float32)
    values[0] = np.inf

    assert read(encoded(values, "TIFF")).pixels.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    picture = read(encoded(Image.fromarray(scene()).convert(mode), "PNG"))

    assert picture.pixels.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    if mode in {"RGBA", "LA"}:
        image = Image.new(mode, (WIDTH, HEIGHT))
        body = encoded(image, "PNG")
    else:
        transparent = (0, 0, 0) if mode == "RGB" else 0
        body = encoded(Image.new(mode, (WIDTH, HEIGHT)), "PNG", transparency=transparent)

    assert read(body).pixels.min() == 255


def test_half_transparent_black_is_grey() -> None:
    body = encoded(Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 128)), "PNG")

    assert set(np.unique(read(body).pixels)) == {127}


def profile(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]


def test_an_icc_profile_is_obeyed() -> None:
    """A profile whose red and blue are exchanged must exchange them back."""
    swapped = bytearray(profile("sRGB"))
    red, blue = swapped.index(b"rXYZ"), swapped.index(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    body = encoded(scene(), "PNG", icc_profile=bytes(swapped))

    assert difference(read(body).pixels, scene()[:, :, ::-1]) < 2


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_srgb_stays_as_it_is(mode: str) -> None:
    image = Image.fromarray(scene()).convert(mode)
    body = encoded(image, "PNG", icc_profile=profile("sRGB"))

    assert difference(read(body).pixels, np.asarray(image.convert("RGB"))) < 1


@pytest.mark.parametrize("broken", [b"no profile", b"\0" * 200, profile("LAB")])
def test_an_unusable_icc_profile_is_ignored(broken: bytes) -> None:
    assert difference(read(encoded(scene(), "JPEG", icc_profile=broken)).pixels, scene()) < 1.5


# Size


def test_a_large_jpeg_is_decoded_smaller_and_keeps_its_size_in_words() -> None:
    large = scene(2300, 2060)
    exif = Image.Exif()
    exif[0x0112] = 6

    picture = decode(encoded(large, "JPEG", exif=exif), max_pixels=LIMIT)

    assert (picture.width, picture.height) == (2060, 2300)
    assert picture.pixels.shape == (1150, 1030, 3)
    whole = np.asarray(Image.fromarray(large).reduce(2).transpose(Image.Transpose.ROTATE_270))
    assert difference(picture.pixels, whole) < 1.5


def png_header(width: int, height: int) -> bytes:
    data = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + data + struct.pack(">I", zlib.crc32(data))
        + struct.pack(">I", 4) + b"IDAT" + bytes(8)
    )  # fmt: skip


def test_a_bomb_is_refused_by_its_header() -> None:
    error = refusal(png_header(40_000, 40_000), max_pixels=100_000_000)

    assert error.reason is Reason.TOO_MANY_PIXELS
    assert "40000 × 40000" in str(error)


def test_the_limit_counts_to_the_pixel() -> None:
    body = encoded(scene(), "PNG")

    assert decode(body, max_pixels=WIDTH * HEIGHT).width == WIDTH
    assert refusal(body, max_pixels=WIDTH * HEIGHT - 1).reason is Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 100), (100, 7)])
def test_a_picture_of_a_few_pixels_is_too_small(width: int, height: int) -> None:
    assert refusal(encoded(scene(width, height), "PNG")).reason is Reason.TOO_SMALL
    assert read(encoded(scene(8, 8), "PNG")).width == 8


# What is no picture


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xd8",
        b"<!DOCTYPE html><title>Not found</title>",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\0\0\1\0\1\0",
        b'{"error": "gone"}',
    ],
)
def test_other_files_are_not_images(body: bytes) -> None:
    assert refusal(body).reason is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "JPEG2000", "BMP"])
def test_a_file_that_ends_too_early_is_told_as_such(format_: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    body = encoded(noise, format_)

    assert refusal(body[: len(body) * 2 // 3]).reason is Reason.TRUNCATED_IMAGE


@pytest.mark.parametrize("format_", FORMATS)
def test_a_first_kilobyte_of_garbage_is_unreadable(format_: str) -> None:
    body = encoded(scene(), format_)[:12] + b"\xa5" * 1000

    assert refusal(body).reason in {Reason.UNREADABLE_IMAGE, Reason.TRUNCATED_IMAGE}


def good(pixels: NDArray[np.uint8]) -> bool:
    return pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8


def survives(body: bytes) -> None:
    """Decode and fail on anything but a picture or an ImageError."""
    try:
        picture = decode(body, max_pixels=1_000_000)
    except ImageError:
        return
    assert good(picture.pixels)


MAGIC = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"MM\0*", b"BM",
         b"RIFF\xff\0\0\0WEBPVP8 ", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"", *MAGIC]), st.binary(max_size=400))
def test_random_bytes_never_crash(magic: bytes, rest: bytes) -> None:
    survives(magic + rest)


ORIGINALS = [
    *(encoded(scene(24, 16), format_) for format_ in FORMATS),
    encoded(Image.fromarray(scene(24, 16)).convert("P"), "PNG", transparency=3),
    encoded(Image.fromarray(scene(24, 16)).convert("CMYK"), "JPEG", icc_profile=profile("sRGB")),
    encoded(scene(24, 16), "TIFF", compression="tiff_lzw", tiffinfo={274: 6}),
    encoded(scene(24, 16), "WEBP", lossless=False, exif=b"Exif\0\0II*\0"),
]
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(ORIGINALS), CHANGES, st.floats(0, 1))
def test_damaged_pictures_never_crash(
    original: bytes, changes: list[tuple[float, int]], kept: float
) -> None:
    body = bytearray(original)
    for place, value in changes:
        body[int(place * len(body))] = value

    survives(bytes(body))
    survives(bytes(body[: int(kept * len(body))]))
