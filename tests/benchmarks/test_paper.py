"""The benchmark's protocol on synthetic tiles: that it runs, not what it measures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks import paper
from iiif_dedup.evaluation.full_pool import Collection, summarise


@pytest.fixture
def collection() -> Collection:
    coarse = np.random.default_rng(1).integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    return Collection.of(coarse.repeat(8, axis=1).repeat(8, axis=2), seed=1)


def test_anchors_are_judged_in_processes_and_reported(
    collection: Collection, tmp_path: Path
) -> None:
    short = [replace(setting.recipe, epochs=1) for setting in paper.SETTINGS]
    judged = list(paper.judge_anchors(collection, [3, 7], short, views=20, seed=5))
    assert [len(settings) for settings in judged] == [len(paper.SETTINGS)] * 2
    summaries = [summarise(judgements) for judgements in zip(*judged, strict=True)]

    written = paper.report(summaries, seed=5, views=20, pool=59, folder=tmp_path)
    results = json.loads(written.read_text(encoding="utf-8"))
    assert results["anchors"] == 2
    assert results["f1_raw"] == pytest.approx(summaries[0].raw.f1.estimate, rel=1e-5)
    assert results["false_alerts_augmented"] == summaries[0].augmented.false_alerts.estimate
    assert 1.2 < results["m"] < 1.313
    assert [setting["label"] for setting in results["settings"]] == [
        setting.label for setting in paper.SETTINGS
    ]
    assert results["settings"][2]["margin_mean"] == 0.5
    assert results["machine"]["torch"]

    console = Console(width=120, record=True)
    console.print(paper.table(summaries))
    assert "λ 0.1, m learned" in console.export_text()


def test_the_settings_are_the_four_of_the_ablation() -> None:
    assert [(s.recipe.variance_weight, s.recipe.margin) for s in paper.SETTINGS] == [
        (0.0, None),
        (0.1, None),
        (0.0, 0.5),
        (0.1, 0.5),
    ]
