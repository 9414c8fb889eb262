"""Evidence of a search's candidates, with real pictures in the data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from iiif_dedup.evidence.features import VERSION
from iiif_dedup.evidence.fusion import shipped_fusion
from iiif_dedup.pipeline.pictures import KeptPictures
from iiif_dedup.pipeline.weighing import weigh_candidates
from iiif_dedup.process.derivative import derivative
from iiif_dedup.settings import load_settings
from iiif_dedup.store import clones, runs
from iiif_dedup.store.database import Database
from iiif_dedup.store.evidence import as_json, from_json
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.runs import Anchor
from iiif_dedup.types import Candidate, Evidence, SearchResult
from tests.evidence.pictures_of import on_a_wall, textured
from tests.store.examples import PREPROCESSING, record, see_all, store

RECORDS = 4
ANCHOR, COPY = (record_id("athens", record(n).identifier) for n in (0, 2))


@pytest.fixture
def kept(tmp_path: Path) -> KeptPictures:
    return KeptPictures(load_settings({}, data_dir=tmp_path))


@pytest.fixture
def anchor(database: Database, kept: KeptPictures) -> Anchor:
    """Store four records; the first shows a wall on which the third's picture hangs."""
    store(database, [record(n) for n in range(RECORDS)])
    see_all(database)
    pictures = [on_a_wall(textured(2), 200, 150), textured(1), textured(2), textured(3)]
    with database.read() as session:
        for n, picture in enumerate(pictures):
            (one,) = runs.anchors(session, record_id("athens", record(n).identifier), PREPROCESSING)
            kept.derivatives.write(one.sha256, derivative(picture, 768))
        return runs.anchors(session, ANCHOR, PREPROCESSING)[0]


def found(database: Database) -> SearchResult:
    """Return a result that proposes every other record's picture, the copy last."""
    with database.read() as session:
        ids = [
            runs.anchors(session, record_id("athens", record(n).identifier), PREPROCESSING)[0]
            for n in (1, 3, 2)
        ]
    candidates = tuple(
        Candidate(
            one.image_version_id,
            0.5,
            rank,
            {"colour": rank},
            distances={"clone": 0.5, "colour": 0.5},
            relative={"clone": 1.0, "colour": 1.0},
        )
        for rank, one in enumerate(ids, start=1)
    )
    return SearchResult("paper", {}, 1, 1.0, 0.5, 3, 3, candidates)


def weigh(
    database: Database, anchor: Anchor, kept: KeptPictures, verified: int = 40
) -> dict[str, Evidence]:
    return weigh_candidates(
        database,
        anchor,
        found(database),
        pictures=kept,
        fusion=shipped_fusion(),
        verified=verified,
    )


def test_the_copy_is_the_most_probable_and_says_where_it_hangs(
    database: Database, anchor: Anchor, kept: KeptPictures
) -> None:
    evidence = weigh(database, anchor, kept)
    *strangers, copy = evidence.values()
    assert copy.probability > 10 * max(one.probability for one in strangers)
    (region,) = copy.regions
    xs, ys = zip(*region.anchor, strict=True)
    assert min(xs) == pytest.approx(200 / 900, abs=0.02)
    assert max(ys) == pytest.approx(450 / 700, abs=0.02)
    assert copy.measures["overlay"] > 0.9
    assert not any(one.regions for one in strangers)
    assert all("clone" not in one.measures for one in evidence.values())
    assert from_json(copy.probability, as_json(copy)) == copy
    # The same again, from the features that were kept.
    assert len(list(kept.features.path(anchor.sha256).parents[1].rglob("*.npz"))) == RECORDS
    assert weigh(database, anchor, kept) == evidence


def test_only_the_first_are_verified(
    database: Database, anchor: Anchor, kept: KeptPictures
) -> None:
    evidence = list(weigh(database, anchor, kept, verified=2).values())
    assert ["surprise" in one.measures for one in evidence] == [True, True, False]


def test_without_pictures_there_is_no_local_evidence_and_no_error(
    database: Database, anchor: Anchor, kept: KeptPictures
) -> None:
    kept.derivatives.delete([anchor.sha256])
    evidence = weigh(database, anchor, kept)
    assert not any("surprise" in one.measures or one.regions for one in evidence.values())
    assert all(0 < one.probability < 1 for one in evidence.values())


@pytest.mark.parametrize("broken", [b"", b"PK\x03\x04 cut short", b"GIF89a"])
def test_broken_files_are_made_again_or_passed_over(
    database: Database, anchor: Anchor, kept: KeptPictures, broken: bytes
) -> None:
    before = weigh(database, anchor, kept)
    kept.features.write(anchor.sha256, broken)
    assert weigh(database, anchor, kept) == before
    assert kept.features.read(anchor.sha256) != broken
    kept.features.delete([anchor.sha256])
    kept.derivatives.write(anchor.sha256, broken)
    assert not any(one.regions for one in weigh(database, anchor, kept).values())


def test_another_version_of_features_lies_elsewhere(kept: KeptPictures) -> None:
    assert VERSION in kept.features.path("0" * 64).parts


def test_a_stored_run_gives_its_evidence_back(
    database: Database, anchor: Anchor, kept: KeptPictures
) -> None:
    evidence = weigh(database, anchor, kept)
    with database.write() as session:
        run_id = runs.store_run(
            session,
            anchor,
            found(database),
            covered_sequence=4,
            pool_hash="0" * 64,
            versions={},
            generators={},
            evidence=evidence,
        )
    with database.read() as session:
        run = clones.load_run(session, run_id)
        assert run is not None
        shown = clones.suggestions(session, run)
    assert shown[0].record.id == COPY
    probabilities = [one.best.evidence.probability for one in shown if one.best.evidence]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(probabilities) == 3
    assert shown[0].best.evidence in evidence.values()
