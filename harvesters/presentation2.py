"""Turns IIIF Presentation 2 documents into the shape of version 3; no network.

Serves 2.0, 2.1 and the 1.0 documents that are still about, which look the same. Only what a
harvest reads or publishes again is kept. Follows Presentation 2.1, sections 3, 5.1 to 5.4 and 5.8,
and the mapping of Presentation 3.0, appendix "Change Log". Like the parser behind it, it is no
validator: a wrong shape becomes what can honestly be read from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harvesters.painting import Node, service_version
from harvesters.values import as_list, language_map, mappings, node_id

_CONTEXTS = ("iiif.io/api/presentation/2", "shared-canvas.org/ns/context")
_MEMBERS = ("members", "collections", "manifests")
_MEMBER_TYPES = {"collections": "Collection", "manifests": "Manifest"}
_HINTS = frozenset({"paged", "continuous", "individuals"})
_BODY_TYPES = {"MovingImage": "Video", "ContentAsText": "TextualBody"}
_AUTH_TYPES = {
    "login": "AuthCookieService1",
    "clickthrough": "AuthCookieService1",
    "kiosk": "AuthCookieService1",
    "external": "AuthCookieService1",
    "token": "AuthTokenService1",
    "logout": "AuthLogoutService1",
}


def upgraded(document: object) -> object:
    """Return a Presentation 2 document in the shape of version 3, anything else as it is.

    The next page of a paged collection (2.1, section 5.8.1) becomes its last member, since version
    3 has no pages.
    """
    if not isinstance(document, Mapping) or not _is_version_2(document):
        return document
    kind = _kind(document)
    if kind == "Manifest":
        return _manifest(document)
    if kind == "Collection":
        return _collection(document)
    return {"id": node_id(document), "type": kind}


def _is_version_2(document: Node) -> bool:
    if isinstance(document.get("type"), str):
        return False
    contexts = [text for text in as_list(document.get("@context")) if isinstance(text, str)]
    declared = any(known in text for text in contexts for known in _CONTEXTS)
    return declared or str(document.get("@type")).startswith("sc:")


def _kind(document: Node) -> str:
    """Return the type without its prefix; where it is missing, the one that its shape tells."""
    for kind in as_list(document.get("@type")):
        if isinstance(kind, str):
            return kind.rpartition(":")[2]
    return "Manifest" if "sequences" in document else "Collection"


def _manifest(document: Node) -> dict[str, Any]:
    sequences = mappings(document.get("sequences"))
    directions = [node.get("viewingDirection") for node in (document, *sequences[:1])]
    attribution = document.get("attribution")
    thumbnails = as_list(document.get("thumbnail"))
    node: dict[str, Any] = {
        "metadata": document.get("metadata"),
        "summary": document.get("description"),
        "requiredStatement": {"label": {"en": ["Attribution"]}, "value": attribution},
        "rights": document.get("license"),
        "homepage": list(_homepages(document.get("related"))),
        "thumbnail": [image for item in thumbnails for image in _body(item)],
        "behavior": [hint for hint in as_list(document.get("viewingHint")) if str(hint) in _HINTS],
        "viewingDirection": next((text for text in directions if text), None),
    }
    if any("canvases" in sequence for sequence in sequences):
        node["items"] = list(_canvases(sequences))
    return {**_named(document, "Manifest"), **node}


def _named(document: Node, kind: str) -> dict[str, Any]:
    return {"id": node_id(document), "type": kind, "label": document.get("label")}


def _homepages(related: object) -> Iterator[dict[str, Any]]:
    """Yield the pages for people among what is related, which may also be a video or data."""
    for item in as_list(related):
        page = item if isinstance(item, Mapping) else {"@id": item}
        if page.get("format", "text/html") == "text/html":
            uri = node_id(page)
            label = language_map(page.get("label")) or {"none": (str(uri),)}
            yield {"id": uri, "type": "Text", "label": label, "format": "text/html"}


def _canvases(sequences: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the canvases of all embedded sequences in order, each once.

    Section 5.2 means further sequences as other orders of the same canvases, to be referenced; some
    partners embed other views there.
    """
    seen = set()
    for canvas in (node for sequence in sequences for node in mappings(sequence.get("canvases"))):
        uri = str(node_id(canvas))
        if node_id(canvas) and uri in seen:
            continue
        seen.add(uri)
        annotations = [_annotation(image) for image in mappings(canvas.get("images"))]
        yield {
            **_named(canvas, "Canvas"),
            "width": canvas.get("width"),
            "height": canvas.get("height"),
            "items": [{"type": "AnnotationPage", "items": annotations}],
        }


def _annotation(image: Node) -> dict[str, Any]:
    """Return the painting annotation of an entry of `images`, whose motivation goes without saying.

    Its own id is dropped where it is the id of the picture, as some partners write.
    """
    bodies = [body for item in as_list(image.get("resource")) for body in _body(item)]
    targets = [_target(item) for item in as_list(image.get("on"))]
    uri = node_id(image)
    return {
        **({} if any(uri == body.get("id") for body in bodies) else {"id": uri}),
        "type": "Annotation",
        "motivation": "painting",
        "body": bodies[0] if len(bodies) == 1 else bodies,
        "target": targets[0] if len(targets) == 1 else targets,
    }


def _target(on: object) -> object:
    if not isinstance(on, Mapping) or "full" not in on:
        return node_id(on) if isinstance(on, Mapping) else on
    full = on["full"]
    source = node_id(full) if isinstance(full, Mapping) else full
    selector = on.get("selector")
    return {"type": "SpecificResource", "source": source, **_selector(selector)}


def _selector(selector: object) -> dict[str, Any]:
    """Return `{"selector": …}` in the terms of version 3, {} where there is none."""
    for node in mappings(selector):
        inner = node.get("default")
        if isinstance(inner, Mapping):
            return _selector(inner)
        kind = str(node.get("@type")).rpartition(":")[2]
        kept = {key: value for key, value in node.items() if key not in {"@type", "chars"}}
        value = {"value": node["chars"]} if "chars" in node else {}
        return {"selector": {**kept, **value, "type": kind}}
    return {}


def _body(resource: object) -> list[dict[str, Any]]:
    """Return a painted resource as a list of one, [] for `rdf:nil` and what is no resource."""
    if isinstance(resource, str):
        return [] if resource == "rdf:nil" else [{"id": resource, "type": "Image"}]
    if not isinstance(resource, Mapping):
        return []
    kind = str(resource.get("@type") or "").rpartition(":")[2]
    if kind == "Choice":
        options = [*as_list(resource.get("default")), *as_list(resource.get("item"))]
        return [{"type": "Choice", "items": [body for item in options for body in _body(item)]}]
    if "full" in resource:
        sources = [body for item in as_list(resource["full"]) for body in _body(item)]
        return [
            {"type": "SpecificResource", "source": source, **_selector(resource.get("selector"))}
            for source in sources
        ]
    node: dict[str, Any] = {
        "id": node_id(resource),
        "label": language_map(resource.get("label")),
        "format": resource.get("format"),
        "width": resource.get("width"),
        "height": resource.get("height"),
        "service": [_service(item) for item in mappings(resource.get("service"))],
    }
    kept = {key: value for key, value in node.items() if value}
    return [{**kept, "type": _BODY_TYPES.get(kind, kind)} if kind else kept]


def _service(service: Node) -> dict[str, Any]:
    """Return a service with the type that version 3 demands (3.0, section 4.6.3)."""
    version = service_version(service)
    profiles = [text for text in as_list(service.get("profile")) if isinstance(text, str)]
    auth = [text for text in profiles if "iiif.io/api/auth/" in text]
    kind = service.get("type") or service.get("@type")
    if version is not None:
        kind = f"ImageService{version}"
    elif auth:
        kind = _AUTH_TYPES.get(auth[0].rpartition("/")[2], kind)
    node: dict[str, Any] = {
        "@context": service.get("@context") if version is not None else None,
        "@id": node_id(service),
        "@type": kind,
        "profile": next(iter(profiles), None) or service.get("dcterms:conformsTo"),
        "service": [_service(item) for item in mappings(service.get("service"))],
    }
    return {key: value for key, value in node.items() if value}


def _collection(document: Node) -> dict[str, Any]:
    members: dict[str, dict[str, Any]] = {}
    for name in _MEMBERS:
        for item in as_list(document.get(name)):
            member = _member(item, _MEMBER_TYPES.get(name, ""))
            members.setdefault(f"{member['type']} {member['id']}", member)
    items = list(members.values())
    shown, total = len(items), document.get("total")
    page = document.get("next")
    if page is None and not (shown and isinstance(total, int) and shown >= total):
        page = document.get("first")
    if page is not None:
        items.append(_member(page, "Collection"))
    shaped = page is not None or any(name in document for name in _MEMBERS)
    return {**_named(document, "Collection"), **({"items": items} if shaped else {})}


def _member(item: object, kind: str) -> dict[str, Any]:
    """Return a member; with `items` where it is embedded, without where it is only named."""
    node = item if isinstance(item, Mapping) else {"@id": item}
    kind = str(node.get("@type") or f"sc:{kind}").removeprefix("sc:")
    if kind == "Collection" and any(name in node for name in (*_MEMBERS, "first", "next")):
        return _collection(node)
    if kind == "Manifest" and "sequences" in node:
        return _manifest(node)
    return _named(node, kind)
