"""The IIIF Image API 3.0 at level 2, as pure functions over one picture.

Followed: Image API 3.0 sections 4 (parameters), 5 (info.json) and the compliance document.
Above level 2 stand upscaling with `^` and the quality `bitonal`. Mirroring and free rotation
are not offered (501, section 7).
"""

from __future__ import annotations

import io
import re
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from PIL import Image

from demo.dataset import ImageSource

CONTEXT: Final = "http://iiif.io/api/image/3/context.json"
MAX_SIDE: Final = 4096
"""Longest side in pixels that is ever sent; told to clients as maxWidth and maxHeight."""

_DECIMAL = r"\d{1,9}(?:\.\d{1,9})?"
_REGION_PIXELS = re.compile(r"(\d{1,9}),(\d{1,9}),(\d{1,9}),(\d{1,9})")
_REGION_PERCENT = re.compile(rf"pct:({_DECIMAL}),({_DECIMAL}),({_DECIMAL}),({_DECIMAL})")
_SIZE_PERCENT = re.compile(rf"pct:({_DECIMAL})")
_SIZE_PIXELS = re.compile(r"(!?)(\d{0,9}),(\d{0,9})")
_ROTATION = re.compile(rf"(!?)({_DECIMAL})")
_TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
_QUALITIES = {"default", "color", "gray", "bitonal"}
_FORMATS = {"jpg": ("JPEG", "image/jpeg"), "png": ("PNG", "image/png")}
_KNOWN_FORMATS = {"tif", "gif", "jp2", "pdf", "webp"}


class ImageRequestError(ValueError):
    """An image request that cannot be served.

    Attributes:
        status: The HTTP status that section 7 of the specification asks for.
    """

    def __init__(self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status


class ImageRequest(NamedTuple):
    """The four parts of an image request, undecoded.

    Attributes:
        region: As in section 4.1: `full`, `square`, `x,y,w,h` or `pct:x,y,w,h`.
        size: As in section 4.2.
        rotation: 0, 90, 180 or 270 (section 4.3).
        name: `{quality}.{format}` (sections 4.4 and 4.5).
    """

    region: str
    size: str
    rotation: str
    name: str


def info(base: str, width: int, height: int) -> dict[str, Any]:
    """Return info.json of the picture whose service has the base URI `base` (section 5)."""
    smaller = [(max(1, width // n), max(1, height // n)) for n in (4, 2, 1)]
    return {
        "@context": CONTEXT,
        "id": base,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level2",
        "width": width,
        "height": height,
        "maxWidth": MAX_SIDE,
        "maxHeight": MAX_SIDE,
        "sizes": [{"width": w, "height": h} for w, h in smaller if max(w, h) <= MAX_SIDE],
        "tiles": [{"width": 512, "scaleFactors": [1, 2, 4]}],
        "extraQualities": sorted(_QUALITIES - {"default"}),
        "extraFeatures": ["sizeUpscaling"],
    }


def derive(source: ImageSource, data: bytes, request: ImageRequest) -> tuple[bytes, str]:
    """Return the picture that an image request asks for, and its media type.

    Args:
        source: Tells the picture's dimensions and media type.
        data: The encoded picture; returned untouched when it is what the request asks for.
        request: The four parts after the picture's identifier.

    Raises:
        ImageRequestError: The request is malformed, lies outside the picture, enlarges without
            `^`, or asks for what the server does not offer.
    """
    box = parse_region(request.region, source.width, source.height)
    target = parse_size(request.size, box[2], box[3])
    turn = parse_rotation(request.rotation)
    quality, extension = _parse_name(request.name)
    format_name, media_type = _FORMATS[extension]
    whole = box == (0, 0, source.width, source.height) and target == (source.width, source.height)
    plain = not turn and quality in {"default", "color"}
    if whole and plain and media_type == source.media_type:
        return data, media_type
    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGB")
    x, y, width, height = box
    if (width, height) != target:
        picture = picture.resize(target, Image.Resampling.LANCZOS, (x, y, x + width, y + height))
    elif not whole:
        picture = picture.crop((x, y, x + width, y + height))
    if turn:
        picture = picture.transpose(_TURNS[turn])
    if quality == "gray":
        picture = picture.convert("L")
    elif quality == "bitonal":
        picture = picture.convert("1")
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **({"quality": 90} if extension == "jpg" else {}))
    return buffer.getvalue(), media_type


def parse_region(text: str, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the region as x, y, width, height in pixels, cut to the picture (section 4.1).

    Raises:
        ImageRequestError: It is malformed, empty, or wholly outside the picture.
    """
    if text == "full":
        return 0, 0, width, height
    if text == "square":
        side = min(width, height)
        return (width - side) // 2, (height - side) // 2, side, side
    if match := _REGION_PIXELS.fullmatch(text):
        x, y, w, h = (int(part) for part in match.groups())
    elif match := _REGION_PERCENT.fullmatch(text):
        px, py, pw, ph = (float(part) / 100 for part in match.groups())
        x, y = round(px * width), round(py * height)
        w, h = round(pw * width), round(ph * height)
    else:
        raise ImageRequestError(
            f"Region must be full, square, x,y,w,h or pct:x,y,w,h; got {text!r}."
        )
    w, h = min(w, width - x), min(h, height - y)
    if w <= 0 or h <= 0:
        raise ImageRequestError(
            f"Region {text!r} has no pixel within the {width}x{height} picture."
        )
    return x, y, w, h


def parse_size(text: str, width: int, height: int) -> tuple[int, int]:
    """Return width and height in pixels of a `width` x `height` region after scaling.

    Section 4.2: without `^` a size beyond the region is an error, except for `!w,h` and `max`,
    which never enlarge without it.

    Raises:
        ImageRequestError: It is malformed, zero, enlarges without `^`, or is beyond `MAX_SIDE`.
    """
    upscale = text.startswith("^")
    body = text.removeprefix("^")
    pixels = _SIZE_PIXELS.fullmatch(body)
    if body == "max":
        return _fit(width, height, (MAX_SIDE, MAX_SIDE), upscale=upscale)
    if percent := _SIZE_PERCENT.fullmatch(body):
        factor = float(percent[1]) / 100
        w, h = round(width * factor), round(height * factor)
    elif pixels and pixels[1]:
        within = int(pixels[2] or 0), int(pixels[3] or 0)
        if 0 not in within:
            return _fit(width, height, within, upscale=upscale)
        w, h = 0, 0
    elif pixels and (pixels[2] or pixels[3]):
        w = int(pixels[2] or max(1, round(width * int(pixels[3]) / height)))
        h = int(pixels[3] or max(1, round(height * w / width)))
    else:
        raise ImageRequestError(
            f"Size must be max, w, or ,h or pct:n or w,h or !w,h, with ^ before it to enlarge; "
            f"got {text!r}."
        )
    _check_size(text, (w, h), (width, height), upscale=upscale)
    return w, h


def parse_rotation(text: str) -> int:
    """Return the clockwise rotation in degrees, one of 0, 90, 180, 270 (section 4.3).

    Raises:
        ImageRequestError: It is malformed (400), mirrored or not a multiple of 90 (501).
    """
    match = _ROTATION.fullmatch(text)
    if not match or float(match[2]) > 360:
        raise ImageRequestError(f"Rotation must be a number from 0 to 360; got {text!r}.")
    degrees = float(match[2]) % 360
    if match[1] or degrees % 90:
        raise ImageRequestError(
            f"Only rotations of 0, 90, 180 and 270 are offered; got {text!r}.",
            HTTPStatus.NOT_IMPLEMENTED,
        )
    return int(degrees)


def _check_size(
    text: str, size: tuple[int, int], region: tuple[int, int], *, upscale: bool
) -> None:
    (w, h), (width, height) = size, region
    if w < 1 or h < 1:
        raise ImageRequestError(f"Size {text!r} leaves no pixel.")
    if (w > width or h > height) and not upscale:
        raise ImageRequestError(
            f"Size {text!r} would enlarge the {width}x{height} region; write ^ before it."
        )
    if max(w, h) > MAX_SIDE:
        raise ImageRequestError(f"Size {text!r} is beyond {MAX_SIDE} pixels a side.")


def _fit(width: int, height: int, within: tuple[int, int], *, upscale: bool) -> tuple[int, int]:
    """Return the largest size of the same proportions within limits."""
    scale = min(min(within[0], MAX_SIDE) / width, min(within[1], MAX_SIDE) / height)
    if not upscale:
        scale = min(scale, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _parse_name(name: str) -> tuple[str, str]:
    quality, dot, extension = name.rpartition(".")
    if not dot or quality not in _QUALITIES:
        raise ImageRequestError(
            f"The last part must be one of {sorted(_QUALITIES)}, a dot and a format; got {name!r}."
        )
    if extension not in _FORMATS:
        status = HTTPStatus.NOT_IMPLEMENTED if extension in _KNOWN_FORMATS else HTTPStatus(400)
        raise ImageRequestError(f"Format must be jpg or png; got {extension!r}.", status)
    return quality, extension
