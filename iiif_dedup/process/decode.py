"""Bytes from a partner to sRGB pixels; checks come before decoding, everything after is caught.

Pillow decodes. What the bytes are is told by their first bytes, never by a name or media type,
and only the one decoder they call for is tried.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from iiif_dedup.errors import ImageError, Reason

MIN_SIDE = 8
"""Pictures with fewer pixels on a side are spacers and tracking pixels."""

DECODED_SIDE = 1024
"""JPEGs are decoded at 1/2, 1/4 or 1/8 as long as no side falls below this; the tile is 32×32."""

# `decode` counts the pixels of every picture itself; Pillow's own guard is a process-wide
# constant that would warn below a limit that the operator has raised.
Image.MAX_IMAGE_PIXELS = None

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"BM", "BMP"),
)
# EXIF 2.32, tag 0x0112: how the stored picture is to be turned so that it stands upright.
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset(_UPRIGHT[orientation] for orientation in (5, 6, 7, 8))


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture, upright, in sRGB, on white where it was transparent.

    Attributes:
        pixels: uint8, H×W×3; of a large JPEG, at a half, a quarter or an eighth.
        width: Width in pixels of the file, upright; so for `height`.
        format: JPEG, PNG, GIF, WEBP, TIFF, JPEG2000 or BMP.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: str


def decode(body: bytes, *, max_pixels: int) -> Picture:
    """Return the first frame of a picture file.

    Args:
        body: The whole file.
        max_pixels: Pictures with more pixels are refused before decoding.

    Raises:
        ImageError: NOT_AN_IMAGE, TOO_MANY_PIXELS, TOO_SMALL, TRUNCATED_IMAGE or
            UNREADABLE_IMAGE; nothing else, whatever the bytes are.
    """
    kind = _kind(body)
    try:
        with Image.open(io.BytesIO(body), formats=(kind,)) as image:
            _check_size(image.width, image.height, max_pixels)
            original = image.size
            image.draft(None, (DECODED_SIDE, DECODED_SIDE))
            image.load()
            turn = _turn(image)
            upright = image if turn is None else image.transpose(turn)
            width, height = original[::-1] if turn in _SIDEWAYS else original
            return Picture(np.asarray(_srgb(upright)), width, height, kind)
    except ImageError:
        raise
    except Exception as error:
        # Decoders raise whatever their parsers meet.
        raise _broken(kind, body, error) from error


def _kind(body: bytes) -> str:
    """Return Pillow's name of the format that the first bytes belong to."""
    for magic, kind in _MAGIC:
        if body.startswith(magic):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WEBP"
    start = body[:32].decode("latin-1")
    raise ImageError(
        Reason.NOT_AN_IMAGE,
        f"Expected a JPEG, PNG, GIF, WebP, TIFF, JPEG 2000 or BMP file, got {len(body)} bytes that "
        f"begin {start!r}. Ask the partner for a URL of the picture itself.",
    )


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageError(
            Reason.TOO_MANY_PIXELS,
            f"The picture has {width} × {height} pixels; at most {max_pixels} are decoded. "
            "IIIF_DEDUP_IMAGE_MAX_MEGAPIXELS raises the limit.",
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            Reason.TOO_SMALL,
            f"The picture has {width} × {height} pixels; fewer than {MIN_SIDE} on a side show "
            "nothing that could be compared.",
        )


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Return how to set a loaded picture upright; a TIFF has done so while it was loaded."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001  As in `decode`, but the pixels are good all the same.
        return None
    return _UPRIGHT.get(orientation)


def _srgb(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, converted from its ICC profile, on white."""
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    transparent = image.has_transparency_data
    if transparent:
        image = image.convert("RGBA")
    elif image.mode not in {"L", "RGB", "CMYK"}:
        image = image.convert("RGB")
    image = _from_profile(image, "RGBA" if transparent else "RGB")
    if not transparent:
        return image
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _from_profile(image: Image.Image, mode: str) -> Image.Image:
    """Return the picture in `mode`, through its ICC profile if it has a usable one."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            # A broken profile, or one for other channels: the numbers are all there is.
            return image.convert(mode)
        if converted is not None:
            return converted
    return image.convert(mode)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return a grey picture of more than 8 bits a pixel as 8-bit grey.

    16-bit values keep their high byte; integers and floats of no fixed range are stretched from
    their lowest to their highest value.
    """
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((values >> 8).astype(np.uint8))
    finite = np.nan_to_num(values.astype(np.float64))
    low, high = float(finite.min()), float(finite.max())
    stretched = (finite - low) * (255 / (high - low) if high > low else 0.0)
    return Image.fromarray(stretched.round().astype(np.uint8))


def _broken(kind: str, body: bytes, error: Exception) -> ImageError:
    """Return the error for a file that its decoder could not read."""
    cut = _ends_early(kind, body, error)
    reason = Reason.TRUNCATED_IMAGE if cut else Reason.UNREADABLE_IMAGE
    return ImageError(
        reason,
        f"The {kind} file of {len(body)} bytes {'ends too early' if cut else 'cannot be decoded'}: "
        f"{type(error).__name__}: {str(error)[:200]}.",
    )


def _ends_early(kind: str, body: bytes, error: Exception) -> bool:
    """Tell whether a broken file is cut; two decoders do not say, but their formats do."""
    if kind == "WEBP":
        return len(body) < 8 + int.from_bytes(body[4:8], "little")
    if kind == "JPEG2000":
        return not body.endswith(b"\xff\xd9")
    return isinstance(error, EOFError) or "truncated" in str(error).lower()
