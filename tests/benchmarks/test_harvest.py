"""What the benchmark of harvests counts, with few records."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import harvest
from benchmarks.harvest_partners import iiif_partner, oai_partner


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest, "WORK_DIR", tmp_path)


def test_a_night_without_news_downloads_nothing() -> None:
    found = harvest.night(iiif_partner(5, validators=True), "night", images=True)
    assert (found.same, found.downloads, found.not_modified) == (5, 0, 5)
    assert found.requests == 6


def test_a_harvest_is_whole_and_its_pictures_are_ready() -> None:
    with iiif_partner(3, validators=False) as partner:
        done = harvest.harvest(partner, "all")
    assert (done.counts["new"], done.ready) == (3, 3)
    assert min(done.harvest_s, done.images_s, done.mib_early, done.mib) > 0


def test_a_repository_is_harvested_twice() -> None:
    found = harvest.night(oai_partner(7, deleted_record="no"), "oai", images=False)
    assert (found.same, found.downloads) == (7, 0)
