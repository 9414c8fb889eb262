"""What evidence is made of and how it is kept: records' words, and evidence as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.store.models import Image, ImageVersion, Record
from iiif_dedup.types import Evidence, Json, LanguageMap, MatchedRegion, MetadataPoint, Relation


@dataclass(frozen=True, slots=True)
class ProposedImage:
    """A picture that evidence is wanted of.

    Attributes:
        image_version_id: What a search has proposed.
        sha256: Of its bytes.
        record_id: The record that it belongs to.
    """

    image_version_id: str
    sha256: str
    record_id: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a catalogue says of a record; see `types.Record` for each."""

    titles: LanguageMap
    facets: tuple[Mapping[str, Json], ...]
    provider: str | None


def proposed_images(session: Session, version_ids: Iterable[str]) -> list[ProposedImage]:
    """Return the pictures with these versions, in the order of the versions' ids."""
    statement = (
        select(ImageVersion.id, ImageVersion.sha256, Image.record_id)
        .join(Image, Image.id == ImageVersion.image_id)
        .where(ImageVersion.id.in_(list(version_ids)))
        .order_by(ImageVersion.id)
    )
    return [ProposedImage(*row) for row in session.execute(statement)]


def words(session: Session, record_ids: Iterable[str]) -> dict[str, Words]:
    """Return record id → what its catalogue says, of those that are there."""
    statement = select(Record.id, Record.titles, Record.facets, Record.provider).where(
        Record.id.in_(list(record_ids))
    )
    return {
        row.id: Words(row.titles, tuple(row.facets), row.provider)
        for row in session.execute(statement)
    }


def as_json(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as it is kept, without its probability, which has a column of its own."""
    kept = asdict(evidence)
    del kept["probability"]
    return kept


def from_json(probability: float | None, kept: Mapping[str, Any] | None) -> Evidence | None:
    """Return the evidence that was kept, None where there is none."""
    if kept is None or probability is None:
        return None
    return Evidence(
        probability=probability,
        relation=Relation(kept["relation"]),
        measures=kept["measures"],
        contributions=kept["contributions"],
        regions=tuple(_region(one) for one in kept["regions"]),
        metadata=tuple(MetadataPoint(**one) for one in kept["metadata"]),
        fusion=kept["fusion"],
    )


def _region(kept: Mapping[str, Any]) -> MatchedRegion:
    outlines = {
        side: tuple((float(x), float(y)) for x, y in kept[side]) for side in ("anchor", "candidate")
    }
    return MatchedRegion(
        **outlines,
        inliers=kept["inliers"],
        surprise=kept["surprise"],
        mirrored=kept["mirrored"],
    )
