"""The pictures of a Presentation 3 canvas: painting bodies and their image services.

Follows Presentation 3, sections 5.3, 5.5 and 5.6, and for the shapes of bodies W3C Web
Annotation, section 3.2. Two choices are ours. A `Choice` gives its first image only, which is the
default view. Several images painted on one canvas (a composition) become one picture each, in
order, since none of them is the whole view and each may be found elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harvesters.values import (
    MAX_DEPTH,
    as_list,
    clean_text,
    http_url,
    mappings,
    node_id,
    positive_int,
)
from iiif_dedup.types import ImageRef

Node = Mapping[str, Any]

_IMAGE_TYPE = re.compile(r"(?:.*[:/])?Image\Z")
_IMAGE_PATH = re.compile(r"\.(?:jpe?g|png|tiff?|gif|webp|jp2)\Z", re.IGNORECASE)
_CONTEXT_VERSION = re.compile(r"iiif\.io/api/image/(\d)")
_OLD_API = "library.stanford.edu/iiif/image-api"
_AUTH_TYPE = re.compile(r"Auth(?:Cookie|Probe|Access)Service[12]\Z")
_AUTH_URI = "iiif.io/api/auth/"
_TYPE_VERSION = re.compile(r"ImageService(\d)\Z")
_LEVEL = re.compile(r"level([012])(?:\.json)?\Z")


@dataclass(frozen=True, slots=True)
class ImageService:
    """An Image API service as a manifest describes it.

    Attributes:
        id: Base URI without a trailing slash.
        version: Major version, 1, 2 or 3.
        level: Compliance level 0, 1 or 2; None when the manifest does not say.
        restricted: Whether it names a service that asks people to log in.
    """

    id: str
    version: int
    level: int | None
    restricted: bool


def canvas_id(canvas: Node, base: str) -> str | None:
    """Return the URI of a canvas: its own, else the one that its painting annotations target."""
    own = http_url(node_id(canvas), base)
    if own is not None:
        return own
    for annotation in _painting(canvas):
        target = annotation.get("target")
        if isinstance(target, Mapping):
            target = target.get("source") or node_id(target)
        if isinstance(target, Mapping):
            target = node_id(target)
        uri = http_url(target, base)
        if uri is not None:
            return uri.partition("#")[0]
    return None


def painting_annotations(page: Node) -> Iterator[Node]:
    """Yield the annotations of a page that paint its canvas; a page by reference holds none."""
    for annotation in mappings(page.get("items")):
        if "painting" in as_list(annotation.get("motivation")):
            yield annotation


def _painting(canvas: Node) -> Iterator[Node]:
    for page in mappings(canvas.get("items")):
        yield from painting_annotations(page)


def canvas_images(canvas: Node, base: str, services: Mapping[str, Node]) -> Iterator[ImageRef]:
    """Yield the pictures painted on a canvas, in order, all at position 0.

    A body whose URL is not http or https and that has no image service is left out: nobody could
    fetch it.

    Args:
        canvas: The canvas as parsed.
        base: URL of the manifest, for relative ids.
        services: Definitions from the manifest's `services`, by id.
    """
    painted = canvas_id(canvas, base)
    for annotation in _painting(canvas):
        for body in _image_bodies(annotation.get("body"), 0):
            service = _image_service(body, base, services)
            url = http_url(node_id(body), base) or _full_image(service)
            if url is None:
                continue
            yield ImageRef(
                position=0,
                url=url,
                service_id=service.id if service else None,
                service_version=service.version if service else None,
                service_level=service.level if service else None,
                width=positive_int(body.get("width")),
                height=positive_int(body.get("height")),
                canvas_id=painted,
                canvas_width=positive_int(canvas.get("width")),
                canvas_height=positive_int(canvas.get("height")),
                format=clean_text(body.get("format"))[:100] or None,
                restricted=service.restricted if service else _asks_to_log_in(body, services),
            )


def _image_bodies(body: object, depth: int) -> Iterator[Node]:
    """Yield the image nodes of a body: itself, a source, an alternative, or members."""
    if isinstance(body, list):
        if depth <= MAX_DEPTH:
            for member in body:
                yield from _image_bodies(member, depth + 1)
    elif isinstance(body, str):
        yield from _images_of_node({"id": body}, depth)
    elif isinstance(body, Mapping) and depth <= MAX_DEPTH:
        yield from _images_of_node(body, depth)


def _images_of_node(body: Node, depth: int) -> Iterator[Node]:
    kinds = as_list(body.get("type") or body.get("@type"))
    if "Choice" in kinds:
        alternatives = (list(_image_bodies(item, depth + 1)) for item in as_list(body.get("items")))
        yield from next(filter(None, alternatives), [])
    elif "source" in body:
        yield from _image_bodies(_source(body), depth + 1)
    elif any(kind in kinds for kind in ("Composite", "List", "Independents")):
        yield from _image_bodies(as_list(body.get("items")), depth + 1)
    elif _is_image(body, kinds):
        yield body


def _source(specific: Node) -> object:
    """Return the source of a SpecificResource, with the service that only the wrapper names."""
    source = specific["source"]
    if isinstance(source, str):
        source = {"id": source}
    if isinstance(source, Mapping) and "service" in specific and "service" not in source:
        return {**source, "service": specific["service"]}
    return source


def _is_image(body: Node, kinds: list[Any]) -> bool:
    """Tell an image by its type; where the type is missing, by format, service or file name."""
    if kinds:
        return any(isinstance(kind, str) and _IMAGE_TYPE.match(kind) for kind in kinds)
    media_type = body.get("format")
    if isinstance(media_type, str):
        return media_type.startswith("image/")
    path = str(node_id(body)).partition("?")[0].partition("#")[0]
    services = mappings(body.get("service"))
    return bool(_IMAGE_PATH.search(path)) or any(service_version(node) for node in services)


def _image_service(body: Node, base: str, services: Mapping[str, Node]) -> ImageService | None:
    """Return the service of the highest version that can be asked for this image."""
    best: ImageService | None = None
    for entry in as_list(body.get("service")):
        node: object = {"id": entry} if isinstance(entry, str) else entry
        if not isinstance(node, Mapping):
            continue
        node = {**services.get(str(node_id(node)), {}), **node}
        version = service_version(node)
        uri = http_url(node_id(node), base)
        if version not in {1, 2, 3} or uri is None:
            continue
        if best is None or version > best.version:
            uri = uri.removesuffix("/info.json").rstrip("/")
            restricted = _asks_to_log_in(node, services)
            best = ImageService(uri, version, _level(node), restricted)
    return best


def _asks_to_log_in(node: Node, services: Mapping[str, Node]) -> bool:
    """Tell whether a resource or service names an IIIF Authorization service, of any version."""
    for entry in as_list(node.get("service")):
        named: object = {"id": entry} if isinstance(entry, str) else entry
        if not isinstance(named, Mapping):
            continue
        named = {**services.get(str(node_id(named)), {}), **named}
        marks = [named.get(key) for key in ("type", "@type", "profile", "@context")]
        texts = [text for mark in marks for text in as_list(mark) if isinstance(text, str)]
        if any(_AUTH_TYPE.match(text) or _AUTH_URI in text for text in texts):
            return True
    return False


def service_version(service: Node) -> int | None:
    """Return the Image API version of a service; None when it is no image service.

    The context and a profile URI come from the image server's own answer, so they win over the
    type, which aggregators are known to fill in with one constant.
    """
    names = ("@context", "profile", "dcterms:conformsTo")
    for uri in (uri for name in names for uri in as_list(service.get(name))):
        if isinstance(uri, str) and (match := _CONTEXT_VERSION.search(uri)):
            return int(match[1])
        if isinstance(uri, str) and _OLD_API in uri:
            return 1
    for kind in as_list(service.get("type") or service.get("@type")):
        if isinstance(kind, str) and (match := _TYPE_VERSION.search(kind)):
            return int(match[1])
    return None


def _level(service: Node) -> int | None:
    profiles = service.get("profile") or service.get("dcterms:conformsTo")
    for profile in as_list(profiles):
        if isinstance(profile, str) and (match := _LEVEL.search(profile)):
            return int(match[1])
    return None


def _full_image(service: ImageService | None) -> str | None:
    """Return the URL of the whole image of a service, for a body without a URL of its own."""
    if service is None:
        return None
    size = "max" if service.version == 3 else "full"
    quality = "native" if service.version == 1 else "default"
    return f"{service.id}/full/{size}/0/{quality}.jpg"
