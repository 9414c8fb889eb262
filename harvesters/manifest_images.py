"""Records of a catalogue whose pictures are read from the IIIF manifests that it names."""

from __future__ import annotations

from dataclasses import replace

from harvesters.europeana_images import is_europeana, is_stand_in
from harvesters.manifests import ACCEPT, record_from
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import ImageRef, Record


def with_manifest(record: Record, fetcher: Fetcher) -> Record:
    """Return a record with the pictures, canvases and content of the manifest that it names.

    What the catalogue says otherwise stays; the manifest fills in where it says nothing. A
    manifest without pictures changes nothing. The record has no validators, since it comes from
    two documents.

    Raises:
        FetchError: The manifest cannot be fetched.
        HarvestError: It is none.
    """
    if record.manifest_url is None:
        return record
    fetched = fetcher.get_json(record.manifest_url, accept=ACCEPT)
    read = record_from(fetched, record.manifest_url, fetcher)
    images = [image for image in map(_trusted, read.images) if image is not None]
    if not images:
        return record
    return replace(
        record,
        titles=record.titles or read.titles,
        images=tuple(replace(image, position=place) for place, image in enumerate(images)),
        facets=record.facets or read.facets,
        rights=record.rights or read.rights,
        provider=record.provider or read.provider,
        landing_page=record.landing_page or read.landing_page,
        manifest=read.manifest,
    )


def _trusted(image: ImageRef) -> ImageRef | None:
    """Return a picture of a manifest; None for a thumbnail that stands in for one.

    Europeana's manifests paint a thumbnail where a browser shows no picture, and call every
    service `ImageService3`, so of a service only its own info.json is believed.
    """
    if image.service_id is None:
        return None if is_stand_in(image.url) else image
    if image.canvas_id is not None and is_europeana(image.canvas_id):
        return replace(image, service_version=None, service_level=None)
    return image
