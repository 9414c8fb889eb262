"""Files as they lie about: the right result or a clear error, through the library."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iiif_dedup.errors import ImageError, Reason
from iiif_dedup.library.folder import Folder
from tests.library.pictures import drawn

PLAIN = drawn(100)
OTHERS = [drawn(number) for number in range(101, 104)]


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    body = io.BytesIO()
    image.save(body, kind, **options)
    return body.getvalue()


def animated(kind: str) -> bytes:
    return saved(PLAIN, kind, save_all=True, append_images=OTHERS, duration=100)


def transparent() -> bytes:
    """The picture on white, without the white."""
    canvas = Image.new("RGBA", (160, 130), (0, 0, 0, 0))
    canvas.paste(PLAIN, (20, 20))
    return saved(canvas, "PNG")


def on_white() -> bytes:
    canvas = Image.new("RGB", (160, 130), "white")
    canvas.paste(PLAIN, (20, 20))
    return saved(canvas, "PNG")


def turned_by_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(PLAIN.rotate(90, expand=True), "JPEG", exif=exif, quality=92)


def sixteen_bits() -> bytes:
    levels = np.asarray(PLAIN.convert("L")).astype(np.uint16) * 257
    return saved(Image.fromarray(levels), "PNG")


def huge() -> bytes:
    """The header of 40,000 × 40,000 pixels, and hardly more."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + data + chunk(b"IEND", b"")


READABLE: Mapping[str, tuple[Callable[[], bytes], Callable[[], bytes]]] = {
    "animated.gif": (lambda: animated("GIF"), lambda: saved(PLAIN, "PNG")),
    "animated.webp": (lambda: animated("WEBP"), lambda: saved(PLAIN, "PNG")),
    "animated.png": (lambda: animated("PNG"), lambda: saved(PLAIN, "PNG")),
    "cmyk.jpg": (lambda: saved(PLAIN.convert("CMYK"), "JPEG"), lambda: saved(PLAIN, "PNG")),
    "16 bits.png": (sixteen_bits, lambda: saved(PLAIN.convert("L"), "PNG")),
    "transparent.png": (transparent, on_white),
    "turned.jpg": (turned_by_exif, lambda: saved(PLAIN, "PNG")),
    "palette.png": (lambda: saved(PLAIN.quantize(64), "PNG"), lambda: saved(PLAIN, "PNG")),
}
REFUSED: Mapping[str, tuple[Callable[[], bytes], Reason]] = {
    "text.jpg": (lambda: b"not a picture", Reason.NOT_AN_IMAGE),
    "empty.png": (lambda: b"", Reason.NOT_AN_IMAGE),
    "one.png": (lambda: saved(Image.new("RGB", (1, 1)), "PNG"), Reason.TOO_SMALL),
    "huge.png": (huge, Reason.TOO_MANY_PIXELS),
    "cut.jpg": (lambda: saved(PLAIN, "JPEG")[:-400], Reason.TRUNCATED_IMAGE),
    "cut.png": (lambda: saved(PLAIN, "PNG")[:-400], Reason.TRUNCATED_IMAGE),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "odd"
    path.mkdir()
    for number, other in enumerate(OTHERS):
        other.save(path / f"other {number}.png")
    return path


@pytest.mark.parametrize("name", READABLE)
def test_an_odd_picture_is_read_like_its_plain_form(
    folder: Path, cache: Path, tmp_path: Path, name: str
) -> None:
    odd, plain = READABLE[name]
    (folder / name).write_bytes(odd())
    (tmp_path / "plain.png").write_bytes(plain())
    opened = Folder.open(folder, cache=cache)
    assert opened.failures == ()
    nearest = opened.find(tmp_path / "plain.png")[0]
    assert nearest.path == folder / name
    assert nearest.accepted
    backwards = opened.find(folder / name)
    assert len(backwards) == len(OTHERS)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_searched_is_listed_and_named(
    folder: Path, cache: Path, name: str
) -> None:
    body, reason = REFUSED[name]
    (folder / name).write_bytes(body())
    started = time.monotonic()
    opened = Folder.open(folder, cache=cache)
    assert time.monotonic() - started < 20
    assert len(opened.pictures) == len(OTHERS)
    (failure,) = opened.failures
    assert (failure.path, failure.reason) == (folder / name, reason)
    assert failure.detail
    with pytest.raises(ImageError) as caught:
        opened.find(folder / name)
    assert caught.value.reason is reason
