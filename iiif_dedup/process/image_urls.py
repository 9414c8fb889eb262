"""Which URLs to ask for one picture at about the wanted size (IIIF Image API 2 and 3).

Level 2 serves `!w,h`, level 1 `w,`, level 0 the entries of `sizes` in info.json; every level
serves `max` (version 3) or `full` (before). Servers refuse what their level promises now and
then, so each form is followed by simpler ones, and at last by the painting body's own URL.
Nothing is ever asked for above its native size, which servers may answer with an enlargement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from iiif_dedup.errors import FetchError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import ImageRef, Json

SIZE_REFUSED = frozenset({400, 403, 404, 500, 501})
"""Statuses that servers give for a size they do not serve; others are about the picture."""

_LEVEL = re.compile(r"level([012])(?:\.json)?$")
_CONTEXT = re.compile(r"image/([23])/context\.json$")
_OLD_CONTEXT = "library.stanford.edu/iiif/image-api"


@dataclass(frozen=True, slots=True)
class ImageService:
    """What is known of an Image API service.

    Attributes:
        id: Base URI without a trailing slash.
        version: 1, 2 or 3.
        level: Compliance level 0, 1 or 2; 0 when unknown, as nothing more is promised.
        width: Native width in pixels, None while unknown; so for `height`.
        sizes: Width and height of the sizes that are made in advance.
    """

    id: str
    version: int
    level: int
    width: int | None
    height: int | None
    sizes: tuple[tuple[int, int], ...] = ()


def request_urls(ref: ImageRef, size: int, fetcher: Fetcher) -> list[str]:
    """Return the URLs to try for a picture, best first, each once; never empty.

    Reads info.json only when the manifest does not say enough for a good request.

    Args:
        ref: The picture.
        size: Wanted length of the longer side in pixels.
        fetcher: For info.json.

    Raises:
        FetchError: info.json could not be had for a reason other than its absence.
    """
    return list(dict.fromkeys([*_service_urls(ref, size, fetcher), ref.url]))


def service_from_info(document: Json, ref: ImageRef) -> ImageService:
    """Return what an info.json says; what it does not say is taken from the manifest.

    The document's own `id` is not used: behind a proxy it often names another host, while the
    URL that just answered is known to work.
    """
    info = document if isinstance(document, Mapping) else {}
    entries = info.get("sizes")
    sizes = [_dimensions(entry) for entry in entries] if isinstance(entries, list) else []
    width, height = _dimensions(info) or (ref.width, ref.height)
    return ImageService(
        id=str(ref.service_id),
        version=_version(info) or ref.service_version or 2,
        level=_level(info.get("profile"), ref.service_level),
        width=width,
        height=height,
        sizes=tuple(entry for entry in sizes if entry is not None),
    )


def size_urls(service: ImageService, size: int) -> list[str]:
    """Return the requests for the whole picture at about `size` pixels, best first."""
    whole = "max" if service.version == 3 else "full"
    forms = [*_scaled_forms(service, size), *_listed_forms(service, size, whole), whole]
    quality = "native" if service.version == 1 else "default"
    return [f"{service.id}/full/{form}/0/{quality}.jpg" for form in dict.fromkeys(forms)]


def _service_urls(ref: ImageRef, size: int, fetcher: Fetcher) -> list[str]:
    if ref.service_id is None:
        return []
    if ref.service_level and ref.service_version and ref.width and ref.height:
        service = ImageService(
            ref.service_id, ref.service_version, ref.service_level, ref.width, ref.height
        )
        return size_urls(service, size)
    try:
        document = fetcher.get_json(f"{ref.service_id}/info.json").document
    except FetchError as error:
        if error.status not in SIZE_REFUSED:
            raise
        return []
    return size_urls(service_from_info(document, ref), size)


def _scaled_forms(service: ImageService, size: int) -> list[str]:
    """Return the sizes that a server of level 1 or 2 makes on request."""
    if service.level == 0 or service.width is None or service.height is None:
        return []
    width, height = service.width, service.height
    scale = min(1.0, size / max(width, height))
    by_width = f"{max(1, round(width * scale))},"
    if service.level == 1:
        return [by_width]
    return [f"!{size},{size}" if scale < 1 else f"!{width},{height}", by_width]


def _listed_forms(service: ImageService, size: int, whole: str) -> list[str]:
    """Return the smallest listed size that reaches `size`, else the largest one.

    Written in the canonical form, since servers of level 0 know no other.
    """
    if not service.sizes or service.level > 0:
        return []
    by_length = sorted(service.sizes, key=max)
    width, height = next((entry for entry in by_length if max(entry) >= size), by_length[-1])
    if (width, height) == (service.width, service.height):
        return [whole]
    return [f"{width},{height}" if service.version == 3 else f"{width},"]


def _dimensions(node: Json) -> tuple[int, int] | None:
    if not isinstance(node, Mapping):
        return None
    width, height = node.get("width"), node.get("height")
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return None


def _version(info: Mapping[str, Json]) -> int | None:
    """Return the major version that an info.json follows, by its context."""
    context = info.get("@context")
    for uri in context if isinstance(context, list) else [context]:
        if isinstance(uri, str) and (match := _CONTEXT.search(uri)):
            return int(match[1])
        if isinstance(uri, str) and _OLD_CONTEXT in uri:
            return 1
    return None


def _level(profile: Json, declared: int | None) -> int:
    """Return the level that a profile names: a token, a URI, or an array that begins with one."""
    for entry in profile if isinstance(profile, list) else [profile]:
        if isinstance(entry, str) and (match := _LEVEL.search(entry)):
            return int(match[1])
    return declared or 0
