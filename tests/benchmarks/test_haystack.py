"""The whole benchmark on a few drawn pictures: that it runs and reports, not what it measures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import haystack
from benchmarks.haystack_data import background_pictures, distractors
from iiif_dedup.evaluation.datasets import read_data_folder
from tests.evaluation.drawn import draw, draw_catalogue, draw_groups, draw_records, write_json


def _run(tmp_path: Path, *arguments: str) -> None:
    folders = ["--data", tmp_path / "data", "--work", tmp_path / "work", "--results", tmp_path]
    haystack.main([*map(str, folders), *arguments])


def test_a_data_folder_is_searched_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    draw_catalogue(data / "paintings")
    draw_groups(data / "things", 4, 2)
    draw_records(data / "vases", {"one": 2, "two": 1}, {})
    write_json(data / "odd" / "truth.json", "what is this?")
    sheets = str(tmp_path / "sheets")
    _run(tmp_path, "--no-distractors", "--encoders", "starting", "--sheets", sheets)

    results = json.loads((tmp_path / "haystack.json").read_text(encoding="utf-8"))
    assert results["pool"] == 5 + 8 + 3
    assert results["seed"] == 1
    assert results["machine"]["torch"]
    for name, n in (("things", 8), ("vases", 2), ("museum_framed_unknown", 2)):
        correlation = results[name]["correlation"]
        assert correlation["n"] == n
        assert correlation["first"] == 1
        assert correlation["recall_at_50"] == 1
        assert correlation["recall_at_0.1"] == 1
        assert correlation["first_interval"][1] == 1
        assert (tmp_path / "sheets" / f"{name}.png").is_file()
        fused = results[name]["fused"]
        assert fused["n"] == n
        assert 0 <= fused["recall_at_0.1"] <= fused["recall_at_50"] <= 1
    assert results["museum_framed_unknown"]["phash"]["unknown"] == 1
    assert "minus_efficientnet" in results["things"]["hsv"]

    printed = capsys.readouterr().out
    assert "Skipped odd: " in printed
    assert "museum_framed_unknown: 2 queries of 2 things, 1 of something that is not" in printed


def test_without_a_partner_there_is_nothing_to_ask(tmp_path: Path) -> None:
    draw_groups(tmp_path / "data" / "things", 3, 1)
    with pytest.raises(SystemExit, match="there is no query"):
        _run(tmp_path, "--no-distractors", "--encoders")


def test_distractors_are_parts_of_photographs_and_drawn_vessels(tmp_path: Path) -> None:
    photographs = tmp_path / "data" / "imagenet1000"
    for number, side in enumerate((240, 100)):
        draw(photographs / f"images/{number}.png", number, 0, side=side)
    files = [{"file": f"images/{number}.png", "label": "?"} for number in range(2)]
    write_json(photographs / "truth.json", files)
    found = background_pictures(read_data_folder(tmp_path / "data").sets)
    assert [path.name for path in found] == ["0.png", "1.png"]

    made = distractors(found, tmp_path / "made", vessels=1, advance=lambda _: None)
    assert len(made) == 5 + 1  # the second photograph is too small to be cut
    assert len({each.path.read_bytes() for each in made}) == 6
    with Image.open(made[4].path) as centre:
        assert centre.size == (120, 120)
    times = [each.path.stat().st_mtime_ns for each in made]
    assert distractors(found, tmp_path / "made", vessels=1, advance=lambda _: None) == made
    assert [each.path.stat().st_mtime_ns for each in made] == times
