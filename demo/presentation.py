"""IIIF Presentation 3 documents of a dataset: collections by reference, manifests, pages.

Every URL is built from the server's own base URL. Followed: Presentation 3.0 sections 3, 4.2
(language maps), 5.1-5.6.
"""

from __future__ import annotations

import html
from typing import Any, Final

from demo.dataset import (
    DemoCollection,
    DemoImage,
    DemoRecord,
    LanguageMap,
    manifest_path,
    record_path,
)

CONTEXT: Final = "http://iiif.io/api/presentation/3/context.json"


def collection_url(base: str, collection: DemoCollection) -> str:
    """Return the URL of the collection document on the server at `base`."""
    return f"{base}/{collection.key}/collection.json"


def service_url(base: str, collection: DemoCollection, image: DemoImage) -> str:
    """Return the base URI of the Image API service of one picture."""
    return f"{base}/{collection.key}/images/{image.key}"


def collection_document(base: str, collection: DemoCollection) -> dict[str, Any]:
    """Return the Collection with its manifests by reference (section 5.1)."""
    return {
        "@context": CONTEXT,
        "id": collection_url(base, collection),
        "type": "Collection",
        "label": _lists(collection.titles),
        "rights": collection.rights,
        "requiredStatement": _attribution(collection),
        "provider": [_provider(base, collection)],
        "items": [
            {
                "id": _manifest_url(base, collection, record),
                "type": "Manifest",
                "label": _lists(record.titles),
            }
            for record in collection.records
        ],
    }


def manifest_document(base: str, collection: DemoCollection, record: DemoRecord) -> dict[str, Any]:
    """Return the Manifest of one record, one canvas a picture (sections 5.2-5.6)."""
    page = base + record_path(collection.key, record.key)
    return {
        "@context": CONTEXT,
        "id": _manifest_url(base, collection, record),
        "type": "Manifest",
        "label": _lists(record.titles),
        "metadata": [
            {"label": _lists(label), "value": _lists(value)} for label, value in record.metadata
        ],
        "rights": collection.rights,
        "requiredStatement": _attribution(collection),
        "provider": [_provider(base, collection)],
        "homepage": [
            {"id": page, "type": "Text", "format": "text/html", "label": _lists(record.titles)}
        ],
        "partOf": [{"id": collection_url(base, collection), "type": "Collection"}],
        "items": [
            _canvas(base, collection, record, position) for position in range(len(record.images))
        ],
    }


def collection_page(base: str, collection: DemoCollection) -> str:
    """Return the partner's HTML page for people, which its `homepage` points to."""
    title = html.escape(collection.provider)
    links = "".join(
        f'<li><a href="{base}{record_path(collection.key, record.key)}">'
        f"{html.escape(_first(record.titles))}</a>"
        for record in collection.records
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><ul>{links}</ul></html>"
    )


def record_page(base: str, collection: DemoCollection, record: DemoRecord) -> str:
    """Return the partner's HTML page for people, which `homepage` points to."""
    title = html.escape(" / ".join(text for texts in record.titles.values() for text in texts))
    pictures = "".join(
        f'<img src="{service_url(base, collection, image)}/full/!400,500/0/default.jpg"'
        f' alt="{html.escape(image.label)}">'
        for image in record.images
    )
    rows = "".join(
        f"<tr><th>{html.escape(_first(label))}</th><td>{html.escape(_first(value))}</td></tr>"
        for label, value in record.metadata
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{html.escape(collection.provider)}</p>{pictures}"
        f"<table>{rows}</table></html>"
    )


def _canvas(
    base: str, collection: DemoCollection, record: DemoRecord, position: int
) -> dict[str, Any]:
    image = record.images[position]
    canvas = f"{base}{record_path(collection.key, record.key)}/canvas/{position + 1}"
    service = service_url(base, collection, image)
    size = {"width": image.source.width, "height": image.source.height}
    body = {
        "id": f"{service}/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        **size,
        "service": [{"id": service, "type": "ImageService3", "profile": "level2"}],
    }
    annotation = {
        "id": f"{canvas}/painting",
        "type": "Annotation",
        "motivation": "painting",
        "body": body,
        "target": canvas,
    }
    return {
        "id": canvas,
        "type": "Canvas",
        "label": {"en": [image.label]},
        **size,
        "items": [{"id": f"{canvas}/page", "type": "AnnotationPage", "items": [annotation]}],
    }


def _manifest_url(base: str, collection: DemoCollection, record: DemoRecord) -> str:
    return base + manifest_path(record_path(collection.key, record.key))


def _attribution(collection: DemoCollection) -> dict[str, Any]:
    return {
        "label": {"en": ["Attribution"], "el": ["Αναφορά"]},
        "value": {"en": [collection.attribution]},
    }


def _provider(base: str, collection: DemoCollection) -> dict[str, Any]:
    return {
        "id": f"{base}/{collection.key}",
        "type": "Agent",
        "label": {"en": [collection.provider]},
        "homepage": [
            {
                "id": f"{base}/{collection.key}",
                "type": "Text",
                "format": "text/html",
                "label": {"en": [collection.provider]},
            }
        ],
    }


def _lists(values: LanguageMap) -> dict[str, list[str]]:
    return {language: list(texts) for language, texts in values.items()}


def _first(values: LanguageMap) -> str:
    return "; ".join(next(iter(values.values()), ()))
