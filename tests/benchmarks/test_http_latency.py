from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.http_latency import Photograph, blots, fill
from iiif_dedup.pipeline import Packs, load_descriptors
from iiif_dedup.process.decode import decode
from iiif_dedup.settings import load_settings
from iiif_dedup.store.database import Database
from tests.process.pictures import encoded, scene


def test_a_filled_folder_can_be_searched(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, descriptors="colour")
    records = fill(settings, 12, seed=1)
    packs = Packs(tmp_path / "packs", lambda: load_descriptors(settings))
    with Database(settings.database) as database, database.read() as session:
        view = packs.view(session, records[0])
    assert (len(view.pool.tiles), int(view.exclude.sum())) == (12, 1)
    assert {name.decode() for name in view.pool.record_ids} == set(records)
    assert view.described == {"colour": 12}


def test_blots_differ_and_show_something() -> None:
    tiles = blots(5, np.random.default_rng(1))
    assert tiles.shape == (5, 32, 32, 3)
    assert tiles.std(axis=(1, 2)).min() > 10
    assert len({tile.tobytes() for tile in tiles}) == 5


def test_one_photograph_makes_many_files() -> None:
    body = encoded(scene(), "JPEG")
    files = {Photograph(number, body).read() for number in range(3)}
    assert len(files) == 3
    for file in files:
        assert np.array_equal(
            decode(file, max_pixels=10**8).pixels, decode(body, max_pixels=10**8).pixels
        )
