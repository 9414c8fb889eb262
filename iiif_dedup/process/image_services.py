"""What an Image API service says of itself: version, level, sizes, tiles, limits, log-in.

Follows the info.json of Image API 3.0 (section 5), 2.1 (section 5) and 1.1 (section 5); 1.0 has no
context. Wrong or missing parts are left out, since most servers serve more than they promise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iiif_dedup.types import ImageRef, Json

_LEVEL = re.compile(r"level([012])(?:\.json)?$")
_VERSION = re.compile(r"iiif\.io/api/image/([123])(?:/|$)")
_OLD_API = "library.stanford.edu/iiif/image-api"
_AUTH = re.compile(r"iiif\.io/api/auth/|Auth(?:Cookie|Probe|Access)Service[12]$")


@dataclass(frozen=True, slots=True)
class ImageService:
    """What is known of an Image API service.

    Attributes:
        id: Base URI without a trailing slash.
        version: 1, 2 or 3.
        level: Compliance level 0, 1 or 2; 0 when unknown, as nothing more is promised.
        width: Native width in pixels, None while unknown; so for `height`.
        sizes: Width and height of the sizes that are made in advance.
        tiles: Width, height and scale factor of the tiles that are made in advance.
        largest: By how much a picture may be scaled at most, 0 to 1; see `maxWidth`, `maxHeight`
            and `maxArea` in version 3, section 5.3.
        limited: Whether the server declares such a limit.
        restricted: Whether it names a service that asks people to log in.
    """

    id: str
    version: int
    level: int
    width: int | None
    height: int | None
    sizes: tuple[tuple[int, int], ...] = ()
    tiles: tuple[tuple[int, int, int], ...] = ()
    largest: float = 1.0
    limited: bool = False
    restricted: bool = False


def service_from_info(document: Json, ref: ImageRef, base: str | None = None) -> ImageService:
    """Return what an info.json says; what it does not say is taken from the manifest.

    The document's own `id` is not used: behind a proxy it often names another host, while the
    URL that just answered is known to work.

    Args:
        document: The JSON as parsed.
        ref: The picture.
        base: Where the document answered, after redirects; the manifest's service when None.
    """
    info: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
    sizes = [_dimensions(entry) for entry in _list(info.get("sizes"))]
    width, height = _dimensions(info) or (ref.width, ref.height)
    largest = _largest(info, width, height)
    return ImageService(
        id=base or str(ref.service_id),
        version=_version(info) or ref.service_version or 2,
        level=_level(info.get("profile"), ref.service_level),
        width=width,
        height=height,
        sizes=tuple(entry for entry in sizes if entry is not None),
        tiles=tuple(_tiles(info)),
        largest=min(1.0, largest or 1.0),
        limited=largest is not None,
        restricted=any(_asks_to_log_in(node) for node in _list(info.get("service"))),
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _length(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 < value < 2**31 else None


def _dimensions(node: Any) -> tuple[int, int] | None:
    if not isinstance(node, Mapping):
        return None
    width, height = _length(node.get("width")), _length(node.get("height"))
    return (width, height) if width and height else None


def _version(info: Mapping[str, Any]) -> int | None:
    """Return the major version that an info.json follows, by its context, else its profile.

    A bare token such as "level2" is version 3's profile; versions before have URIs.
    """
    texts = [text for key in ("@context", "profile") for text in _list(info.get(key))]
    for uri in texts:
        if isinstance(uri, str) and (match := _VERSION.search(uri)):
            return int(match[1])
        if isinstance(uri, str) and _OLD_API in uri:
            return 1
    tokens = [text for text in _list(info.get("profile")) if isinstance(text, str)]
    return 3 if any(_LEVEL.match(text) for text in tokens) else None


def _level(profile: Any, declared: int | None) -> int:
    """Return the level that a profile names: a token, a URI, or an array that begins with one."""
    for entry in _list(profile):
        if isinstance(entry, str) and (match := _LEVEL.search(entry)):
            return int(match[1])
    return declared or 0


def _tiles(info: Mapping[str, Any]) -> Iterator[tuple[int, int, int]]:
    """Yield width, height and scale factor of each kind of tile; version 1 has its own keys."""
    old = {
        "width": info.get("tile_width"),
        "height": info.get("tile_height"),
        "scaleFactors": info.get("scale_factors"),
    }
    for node in [*_list(info.get("tiles")), old]:
        width = _length(node.get("width")) if isinstance(node, Mapping) else None
        if width is not None:
            height = _length(node.get("height")) or width
            for factor in map(_length, _list(node.get("scaleFactors"))):
                if factor is not None:
                    yield width, height, factor


def _largest(info: Mapping[str, Any], width: int | None, height: int | None) -> float | None:
    """Return the scale that the server's limits allow, None without limits or dimensions.

    Version 2 declares them in an object within the profile, version 3 at the top; `maxWidth` alone
    is also the limit of the height.
    """
    if width is None or height is None:
        return None
    nodes = [info, *(node for node in _list(info.get("profile")) if isinstance(node, Mapping))]
    found: dict[str, int] = {}
    for node in nodes:
        for name in ("maxWidth", "maxHeight", "maxArea"):
            limit = _length(node.get(name))
            if limit is not None:
                found.setdefault(name, limit)
    scales = []
    if "maxWidth" in found:
        scales.append(found["maxWidth"] / width)
    if "maxHeight" in found or "maxWidth" in found:
        scales.append(found.get("maxHeight", found.get("maxWidth", 0)) / height)
    if "maxArea" in found:
        scales.append(math.sqrt(found["maxArea"] / (width * height)))
    return min(scales, default=None)


def _asks_to_log_in(node: Any) -> bool:
    if not isinstance(node, Mapping):
        return False
    marks = [node.get(key) for key in ("type", "@type", "profile", "@context")]
    texts = [text for mark in marks for text in _list(mark) if isinstance(text, str)]
    return any(_AUTH.search(text) for text in texts)
