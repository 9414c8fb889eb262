"""The pool of a search: every version of every image by its sequence, and which are current."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store.images import ImageState
from iiif_dedup.store.models import Image, ImageVersion, Record, Tile
from iiif_dedup.store.records import ACTIVE


@dataclass(frozen=True, slots=True)
class PoolImage:
    """One version of an image, with its tile.

    Attributes:
        sequence: Its number; later versions have higher ones.
        image_version_id: The version.
        record_id: Its record.
        pixels: The tile, row-major RGB.
    """

    sequence: int
    image_version_id: str
    record_id: str
    pixels: bytes


def versions_after(
    session: Session, sequence: int, preprocessing: str, *, limit: int
) -> list[PoolImage]:
    """Return the versions behind `sequence`, by sequence; what is current is not asked here."""
    statement = (
        select(ImageVersion.sequence, ImageVersion.id, Image.record_id, Tile.pixels)
        .join(Image, Image.id == ImageVersion.image_id)
        .join(Tile, Tile.sha256 == ImageVersion.sha256)
        .where(ImageVersion.sequence > sequence, Tile.preprocessing == preprocessing)
        .order_by(ImageVersion.sequence)
        .limit(limit)
    )
    return [PoolImage(*row) for row in session.execute(statement)]


def current_version_ids(session: Session) -> set[str]:
    """Return the versions that are in the ready slots of active records now."""
    statement = (
        select(Image.current_version_id)
        .join(Record, Record.id == Image.record_id)
        .where(Image.state == ImageState.READY, Record.state == ACTIVE)
    )
    return {version_id for version_id in session.scalars(statement) if version_id is not None}
