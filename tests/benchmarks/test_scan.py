from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from rich.progress import Progress

from benchmarks.scan import measure, report
from iiif_dedup.search.tile_encoder import starting_encoder


def test_planted_copies_are_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    patches = rng.integers(0, 256, (14, 4, 4, 3), dtype=np.uint8)
    tiles = patches.repeat(8, axis=1).repeat(8, axis=2)
    with Progress(disable=True) as progress:
        results = measure(
            tiles, starting_encoder(), planted=4, full=5, budget=1.0, seed=0, progress=progress
        )
    written = json.loads(report(results, seed=0, folder=tmp_path).read_text())
    assert written["benchmark"] == "scan"
    assert written["pictures"] == 18
    assert written["planted"] == 4
    assert 0 <= written["planted_found"][1] <= written["planted_found"][0] <= 1
    assert written["lost"][0] == 0.0, "so few pictures are all calibrated in full"
    assert written["seconds"] > 0
