"""What the API is tested on: two museums, their records, a finished search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from iiif_dedup.search.recipes import DEFAULT_RECIPE
from iiif_dedup.store import ids, jobs, runs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Image
from iiif_dedup.types import Candidate, Evidence, Json, SearchResult
from tests.store.examples import PREPROCESSING, record, see_all, store

FINISHED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>\"'<img src=x onerror=alert(2)>"
    "&lt;script&gt;alert(3)&lt;/script&gt;\u202eevil"
)


def record_id(number: int, source: str = "athens") -> str:
    """Return the id of `record(number)` of a source."""
    return ids.record_id(source, record(number).identifier)


def image_id(number: int, position: int = 0, source: str = "athens") -> str:
    """Return the id of a picture's slot."""
    return ids.image_id(record_id(number, source), position)


def museums(database: Database, *, pictures: int = 1, hostile: bool = False) -> None:
    """Store records 1 to 4 of athens and 5 to 6 of berlin, with pictures that were fetched."""
    title = HOSTILE if hostile else "Κύλιξ"
    store(database, [record(n, pictures=pictures, title=title) for n in range(1, 5)])
    see_all(database)
    others = [
        replace(record(n, title=title), titles={"en": (title,)}) if hostile else record(n)
        for n in (5, 6)
    ]
    store(database, others, key="berlin", job_id="job-berlin")
    see_all(database, key="berlin", first_seed=100)


def run(
    database: Database,
    anchor: str,
    nearest: Sequence[tuple[str, float]],
    *,
    position: int = 0,
    covered_sequence: int = 10,
    finished_at: datetime = FINISHED,
    parameters: Mapping[str, Json] | None = None,
    background: Mapping[str, float] | None = None,
    evidence: Mapping[str, Evidence] | None = None,
) -> str:
    """Store a search from a picture of the record `anchor`; μ = 1.0, m = 0.5.

    Args:
        database: Where.
        anchor: The record's id.
        nearest: Image slot and norm of each candidate, nearest first.
        position: Of the anchor's picture.
        covered_sequence: Highest image sequence in the pool.
        finished_at: When it ended.
        parameters: Of the recipe.
        background: What a calibration's scores are seen from.
        evidence: Image slot → what was weighed of that candidate.
    """
    with database.write() as session:
        found = [
            one for one in runs.anchors(session, anchor, PREPROCESSING) if one.position == position
        ]
        versions = {
            slot: session.get_one(Image, slot).current_version_id or "" for slot, _ in nearest
        }
        result = SearchResult(
            recipe=DEFAULT_RECIPE,
            parameters=parameters or {"epochs": 10},
            seed=7,
            mu=1.0,
            margin=0.5,
            accepted=sum(norm <= 1.5 for _, norm in nearest),
            pool_size=len(nearest),
            candidates=tuple(
                Candidate(versions[slot], norm, rank, {"clone": rank})
                for rank, (slot, norm) in enumerate(nearest, 1)
            ),
            timings={"train": 0.5, "score": 0.1},
        )
        return runs.store_run(
            session,
            found[0],
            result,
            covered_sequence=covered_sequence,
            pool_hash="0" * 64,
            versions={"iiif_dedup": "0.1.0", "torch": "2"},
            generators={"phash": "1"},
            background=background,
            evidence={versions[slot]: one for slot, one in (evidence or {}).items()},
            clock=lambda: finished_at,
        )


def claimed(database: Database, job_id: str) -> Claim:
    """Return a claim on a queued job."""
    claim = jobs.claim(database, job_id, owner="test", lease_s=30, max_attempts=3)
    assert claim is not None
    return claim
