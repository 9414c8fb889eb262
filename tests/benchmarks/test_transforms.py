"""The whole benchmark on a few drawn pictures: that it runs and reports, not what it measures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from benchmarks import transforms
from iiif_dedup.evaluation.transforms import TRANSFORMS
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork
from tests.evaluation.drawn import draw_groups, draw_records


def _run(tmp_path: Path) -> None:
    folders = ["--data", tmp_path / "data", "--work", tmp_path / "work", "--results", tmp_path]
    transforms.main([*map(str, folders), "--no-distractors"])


def test_changed_pictures_are_looked_for_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_groups(tmp_path / "data" / "others", 5, 2)
    draw_records(tmp_path / "data" / "attic_cva10", {"one": 2, "two": 1}, {})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        encoder = TileEncoder.of(TileNetwork(), {})
    few = {name: TRANSFORMS[name] for name in ("crop_10", "jpeg_20", "turned_90")}
    monkeypatch.setattr(transforms, "TRANSFORMS", few)
    monkeypatch.setattr(transforms, "encoders", lambda *_, **__: {"_any": encoder})
    _run(tmp_path)

    results = json.loads((tmp_path / "transforms.json").read_text(encoding="utf-8"))
    assert (results["pool"], results["anchors"]) == (13, 3)
    assert set(few) < set(results)
    assert results["jpeg_20"]["correlation"]["recall_at_50"] == 1
    assert results["turned_90"]["union"]["n"] == 3
    assert results["crop_10"]["union"]["recall_at_50_interval"][1] == 1
    assert 0 <= results["crop_10"]["clone_rule"]["recall_at_tau"] <= 1
    assert "turned_90" in capsys.readouterr().out


def test_without_any_of_the_sets_there_are_no_anchors(tmp_path: Path) -> None:
    draw_groups(tmp_path / "data" / "others", 1, 2)
    with pytest.raises(SystemExit, match="holds none of the sets attic_cva10"):
        _run(tmp_path)
