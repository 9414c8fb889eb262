"""Small values for the tests of store and pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from iiif_dedup.process import tiles
from iiif_dedup.store import harvests, images, sources
from iiif_dedup.store.database import Database
from iiif_dedup.store.images import SeenImage
from iiif_dedup.store.models import Harvest
from iiif_dedup.types import Ending, ImageRef, Record

PREPROCESSING = tiles.PREPROCESSING


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    now: datetime = field(default=datetime(2026, 1, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def picture(position: int = 0, name: str = "a") -> ImageRef:
    """Return a picture behind a level 2 service."""
    service = f"https://images.example/{name}"
    return ImageRef(
        position=position,
        url=f"{service}/full/max/0/default.jpg",
        service_id=service,
        service_version=3,
        service_level=2,
        width=800,
        height=600,
        canvas_id=f"https://example.org/canvas/{name}",
        canvas_width=800,
        canvas_height=600,
        format="image/jpeg",
    )


def record(number: int, *, title: str = "Κύλιξ", pictures: int = 1) -> Record:
    """Return the record `number` of a partner."""
    url = f"https://example.org/{number}/manifest.json"
    return Record(
        identifier=url,
        titles={"el": (title,), "en": (f"Kylix {number}",)},
        images=tuple(picture(n, f"{number}-{n}") for n in range(pictures)),
        facets=({"label": {"en": ["Date"]}, "value": {"none": ["480 BC"]}},),
        rights="http://creativecommons.org/publicdomain/mark/1.0/",
        manifest_url=url,
        manifest={"type": "Manifest", "label": {"el": [title]}},
    )


def tile(seed: int) -> bytes:
    """Return a tile of noise."""
    return np.random.default_rng(seed).integers(0, 256, 3072, dtype=np.uint8).tobytes()


def seen(seed: int, *, blank: bool = False) -> SeenImage:
    """Return what would be seen in a picture whose bytes are `seed`."""
    return SeenImage(
        sha256=hashlib.sha256(str(seed).encode()).hexdigest(),
        request_url=f"https://images.example/{seed}.jpg",
        byte_size=1000 + seed,
        width=640,
        height=480,
        preprocessing=PREPROCESSING,
        pixels=bytes(3072) if blank else tile(seed),
        phash=f"{seed:016x}",
        blank=blank,
    )


def add_source(session: Session, key: str = "athens") -> None:
    """Add a source."""
    sources.create(
        session,
        key=key,
        title=f"Museum of {key.title()}",
        protocol="iiif_collection",
        endpoint=f"https://{key}.example/collection.json",
    )


def store(
    database: Database, records: Sequence[Record], *, key: str = "athens", job_id: str = "job"
) -> Harvest:
    """Store records in one batch of the harvest of `job_id`; the source is added if needed."""
    with database.write() as session:
        if sources.get(session, key) is None:
            add_source(session, key)
        harvest = harvests.start(session, key, job_id)
        harvests.store_batch(session, harvest.id, records, None)
        return harvests.finish(session, harvest.id, Ending(whole=False))


def see_all(database: Database, *, key: str = "athens", first_seed: int = 0) -> None:
    """Fill every pending slot of a source with another picture."""
    with database.write() as session:
        waiting = images.pending(session, key, limit=1000)
        results = [(image, seen(first_seed + n)) for n, image in enumerate(waiting)]
        images.store_results(session, results)
