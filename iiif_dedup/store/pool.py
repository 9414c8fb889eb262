"""The pool of a search: every version of every image by its sequence, and which are current.

Whoever keeps the pool elsewhere asks for what came behind the highest sequence it knows, and for
the few versions that are not current whenever `changes` says that there may be others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
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
        sha256: Of the bytes, as 64 hexadecimal digits.
        pixels: The tile, row-major RGB.
    """

    sequence: int
    image_version_id: str
    record_id: str
    sha256: str
    pixels: bytes


def versions_after(
    session: Session, sequence: int, preprocessing: str, *, limit: int
) -> list[PoolImage]:
    """Return the versions behind `sequence`, by sequence; what is current is not asked here."""
    statement = (
        select(ImageVersion.sequence, ImageVersion.id, Image.record_id, Tile.sha256, Tile.pixels)
        .join(Image, Image.id == ImageVersion.image_id)
        .join(Tile, Tile.sha256 == ImageVersion.sha256)
        .where(ImageVersion.sequence > sequence, Tile.preprocessing == preprocessing)
        .order_by(ImageVersion.sequence)
        .limit(limit)
    )
    return [PoolImage(*row) for row in session.execute(statement)]


def version_ids(session: Session, sequences: Sequence[int]) -> list[str]:
    """Return the versions with these numbers, by number; unknown numbers are left out."""
    statement = select(ImageVersion.id).where(ImageVersion.sequence.in_(sequences))
    return list(session.scalars(statement.order_by(ImageVersion.sequence)))


def highest_sequence(session: Session) -> int:
    """Return the highest number of a version, 0 when there is none."""
    return session.scalar(select(func.max(ImageVersion.sequence))) or 0


def retired_sequences(session: Session) -> list[int]:
    """Return the numbers of the versions that are not in the ready slot of an active record."""
    statement = (
        select(ImageVersion.sequence)
        .join(Image, Image.id == ImageVersion.image_id)
        .join(Record, Record.id == Image.record_id)
        .where(
            or_(
                Image.state != ImageState.READY,
                Image.current_version_id != ImageVersion.id,
                Record.state != ACTIVE,
            )
        )
    )
    return list(session.scalars(statement))
