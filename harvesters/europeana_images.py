"""Which web resources of a Europeana item are pictures, and where their IIIF services are.

Its pictures are what the provider's aggregation shows: `edmIsShownBy`, then `hasView`. The web
resources, which also list landing pages, sound and video, tell their types, sizes and services.
What Europeana serves itself, thumbnails of at most 400 pixels and icons that stand where a
thumbnail is missing, is never taken for a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from mimetypes import guess_type
from typing import Any
from urllib.parse import urlsplit

from harvesters.values import as_list, clean_text, http_url, positive_int
from iiif_dedup.types import ImageRef

Node = Mapping[str, Any]

MAX_IMAGES = 5_000
"""Most pictures of one item."""

_UNTYPED_IMAGE = "image/*"
_SERVICE_VERSION = re.compile(r"/image/([23])/")
_SERVICE_LEVEL = re.compile(r"level([012])(?:\.json)?\Z")
_THUMBNAIL_PATH = re.compile(r"/thumbnail(?:/|-by-url|\Z)")


def images(
    aggregation: Node, kind: object, resources: Mapping[str, Node], services: Mapping[str, Node]
) -> tuple[ImageRef, ...]:
    """Return the pictures of an item, each once.

    Where a provider names neither `edmIsShownBy` nor `hasView`, the web resources of a picture's
    type count.

    Args:
        aggregation: The provider's.
        kind: The item's type, such as "IMAGE".
        resources: Web resources by `about`.
        services: Image services by `about`.
    """
    main = aggregation.get("edmIsShownBy")
    named = [about for about in (main, *as_list(aggregation.get("hasView"))) if about]
    if not named:
        named = [about for about, node in resources.items() if node.get("ebucoreHasMimeType")]
    found: dict[str, ImageRef] = {}
    for about in named[:MAX_IMAGES]:
        resource = resources.get(str(about), {})
        media_type = _media_type(about, resource, shown=about == main and kind == "IMAGE")
        url = http_url(about, "")
        if url is None or not media_type.startswith("image/") or is_stand_in(url):
            continue
        service_id = _service_id(resource)
        service = services.get(str(_service(resource)), {}) if service_id else {}
        version, level = _profile(service)
        ref = ImageRef(
            position=len(found),
            url=url,
            service_id=service_id,
            service_version=version,
            service_level=level,
            width=positive_int(resource.get("ebucoreWidth")),
            height=positive_int(resource.get("ebucoreHeight")),
            format=None if media_type == _UNTYPED_IMAGE else media_type,
        )
        found.setdefault(service_id or url, ref)
    return tuple(found.values())


def manifest_url(resources: Iterable[Node]) -> str | None:
    """Return the manifest that a web resource is referenced by; the provider's comes first."""
    urls = [
        url
        for node in resources
        for value in as_list(node.get("dctermsIsReferencedBy"))
        if (url := http_url(value, ""))
    ]
    return next((url for url in urls if not is_europeana(url)), next(iter(urls), None))


def is_stand_in(url: str) -> bool:
    """Tell the URL of a thumbnail, or of the icon that stands for a missing one, from a picture."""
    return is_europeana(url) and bool(_THUMBNAIL_PATH.search(urlsplit(url).path))


def is_europeana(url: str) -> bool:
    """Tell whether Europeana itself serves a URL."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host == "europeana.eu" or host.endswith(".europeana.eu")


def _media_type(about: object, resource: Node, *, shown: bool) -> str:
    """Return the media type of a web resource, "image/*" for a picture of unknown kind.

    Where Europeana could not fetch it, the type follows from the file's name; where that tells
    nothing, from being what an item of type IMAGE is shown by.
    """
    declared = clean_text(next(iter(as_list(resource.get("ebucoreHasMimeType"))), None)).lower()
    if declared:
        return declared[:100]
    guessed = guess_type(urlsplit(str(about)).path)[0] if http_url(about, "") else None
    return guessed or (_UNTYPED_IMAGE if shown else "")


def _service(resource: Node) -> object:
    return next(iter(as_list(resource.get("svcsHasService"))), None)


def _service_id(resource: Node) -> str | None:
    url = http_url(_service(resource), "")
    return url.removesuffix("/info.json").rstrip("/") if url else None


def _profile(service: Node) -> tuple[int | None, int | None]:
    """Return version and level that a service's profile names, each None when it does not.

    What is None is read from the service's own info.json when the picture is fetched.
    """
    texts = [text for text in as_list(service.get("doapImplements")) if isinstance(text, str)]
    versions = [match[1] for text in texts if (match := _SERVICE_VERSION.search(text))]
    levels = [match[1] for text in texts if (match := _SERVICE_LEVEL.search(text))]
    return (int(versions[0]) if versions else None, int(levels[0]) if levels else None)
