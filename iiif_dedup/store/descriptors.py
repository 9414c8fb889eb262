"""Vectors: what descriptors made of the bytes of images, once for each version of a descriptor.

They get the numbers of one sequence, without gaps and in the order of their commits, as versions
of images do; so whoever keeps them elsewhere asks for what is behind the highest number it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from iiif_dedup.store.images import ImageState, PendingImage, lock_counter, ref_of
from iiif_dedup.store.models import Descriptor, Image, ImageVersion, Record
from iiif_dedup.store.records import ACTIVE

SEQUENCE = "descriptor"
"""Name of the counter."""


@dataclass(frozen=True, slots=True)
class Vector:
    """What a descriptor made of some bytes.

    Attributes:
        sha256: Of the bytes, as 64 hexadecimal digits.
        version: Of the descriptor.
        values: Of length 1, or several such behind each other; little-endian float16.
    """

    sha256: str
    version: str
    values: bytes


def add(session: Session, vectors: Sequence[Vector]) -> None:
    """Store vectors, numbered in that order; one that is there already stays what it is."""
    if not vectors:
        return
    highest = lock_counter(session, SEQUENCE)
    known = {
        (sha256, version)
        for version in {vector.version for vector in vectors}
        for sha256 in described(session, (vector.sha256 for vector in vectors), version)
    }
    new = {(vector.sha256, vector.version): vector for vector in vectors}
    for key in known:
        new.pop(key, None)
    session.add_all(
        Descriptor(
            sha256=vector.sha256, version=vector.version, sequence=sequence, vector=vector.values
        )
        for sequence, vector in enumerate(new.values(), start=highest.value + 1)
    )
    highest.value += len(new)
    session.flush()


def described(session: Session, sha256s: Iterable[str], version: str) -> set[str]:
    """Return which of these bytes have a vector of that version."""
    statement = select(Descriptor.sha256).where(
        Descriptor.sha256.in_(list(sha256s)), Descriptor.version == version
    )
    return set(session.scalars(statement))


def vectors_of(session: Session, sha256s: Iterable[str], version: str) -> dict[str, bytes]:
    """Return the vectors of these bytes, where there are any; values as in `Vector`."""
    statement = select(Descriptor.sha256, Descriptor.vector).where(
        Descriptor.sha256.in_(list(sha256s)), Descriptor.version == version
    )
    return {row.sha256: row.vector for row in session.execute(statement)}


def of_content(session: Session, sha256: str) -> dict[str, bytes]:
    """Return version → values as in `Vector`, of all that described these bytes; latest first."""
    statement = (
        select(Descriptor.version, Descriptor.vector)
        .where(Descriptor.sha256 == sha256)
        .order_by(Descriptor.sequence.desc())
    )
    return {row.version: row.vector for row in session.execute(statement)}


def vectors_after(
    session: Session, sequence: int, version: str, *, limit: int
) -> list[tuple[int, Vector]]:
    """Return vectors of that version behind `sequence`, each with its number, by number."""
    statement = (
        select(Descriptor)
        .where(Descriptor.sequence > sequence, Descriptor.version == version)
        .order_by(Descriptor.sequence)
        .limit(limit)
    )
    return [
        (row.sequence, Vector(row.sha256, row.version, row.vector))
        for row in session.scalars(statement)
    ]


def highest_sequence(session: Session) -> int:
    """Return the highest number of a vector of any version, 0 when there is none."""
    return session.scalar(select(func.max(Descriptor.sequence))) or 0


def undescribed(
    session: Session, source_key: str, versions: Sequence[str], *, behind: str, limit: int
) -> list[PendingImage]:
    """Return ready slots of a source whose bytes lack a vector of one of the versions.

    Args:
        session: A session.
        source_key: The source.
        versions: Of descriptors; without any, nothing lacks.
        behind: Slots up to this id are left out.
        limit: Most of them.
    """
    lacking = (
        ~exists().where(Descriptor.sha256 == ImageVersion.sha256, Descriptor.version == version)
        for version in versions
    )
    statement = (
        select(Image)
        .join(Record, Record.id == Image.record_id)
        .join(ImageVersion, ImageVersion.id == Image.current_version_id)
        .where(Image.state == ImageState.READY, Record.source_key == source_key)
        .where(Record.state == ACTIVE, Image.id > behind, or_(False, *lacking))
        .order_by(Image.id)
        .limit(limit)
    )
    return [
        PendingImage(slot.id, slot.record_id, ref_of(slot)) for slot in session.scalars(statement)
    ]
