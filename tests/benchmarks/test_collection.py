"""The benchmark's protocol on few tiles: that it runs, not what it measures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from benchmarks import collection
from iiif_dedup.search.instance_training import TrainingPlan
from iiif_dedup.search.tile_encoder import starting_encoder


def test_encoders_are_trained_judged_and_reported(tmp_path: Path) -> None:
    coarse = np.random.default_rng(1).integers(0, 256, (80, 4, 4, 3), dtype=np.uint8)
    tiles = coarse.repeat(8, axis=1).repeat(8, axis=2)
    with Progress(disable=True) as progress:
        bench = collection.Bench(np.array([5, 9]), views=20, seed=1, progress=progress)
        own, seconds = bench.trained(
            tiles, starting_encoder("cpu"), TrainingPlan(epochs=1, least_steps=2)
        )
        settings = [
            bench.setting("starting encoder", tiles, starting_encoder("cpu"), None),
            bench.setting("collection", tiles, own, seconds),
        ]
    assert settings[0].planted is None
    assert settings[1].planted is not None
    assert settings[1].summary.anchors == 2

    path = collection.report("collection", settings, settings[1], seed=1, more={}, folder=tmp_path)
    results = json.loads(path.read_text(encoding="utf-8"))
    assert results["anchors"] == 2
    assert results["pool"] == 79
    assert results.keys() >= {"recall", "false_alerts_raw", "false_alerts_augmented"}
    assert results["paper"] is None
    console = Console(record=True, width=200)
    console.print(collection.table(settings))
    assert "starting encoder" in console.export_text()
