"""The museum benchmark on a small catalogue and photographs that were made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from benchmarks import museum
from iiif_dedup.evaluation.composites import Kind
from iiif_dedup.evaluation.composites.folder import write_folder
from tests.evidence.pictures_of import textured

SHIPPED = Path(museum.__file__).parent.parent / "iiif_dedup" / "evidence" / "fusion.json"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("museum")
    pictures = {}
    for number in range(8):
        pictures[f"p{number}"] = folder / f"p{number}.jpg"
        Image.fromarray(textured(number)).save(pictures[f"p{number}"], quality=95)
    kinds = [Kind.WALL, Kind.PAIR, Kind.UNKNOWN]
    out = folder / "set"
    write_folder(out, pictures, kinds=kinds, count=2, held_out=0.25, seed=1, advance=lambda: None)
    truth = json.loads((out / "truth.json").read_text("utf-8"))
    first, second = (one["id"] for one in truth["catalogue"][:2])
    truth["catalogue_pairs"] = [{"a": first, "b": second, "same": False}]
    (out / "truth.json").write_text(json.dumps(truth), "utf-8")
    return out


def test_what_hangs_in_the_photographs_is_found_and_judged(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    museum.main(["--data", str(data), "--work", str(tmp_path / "work"), "--results", str(tmp_path)])
    assert "Proposed from probability" in capsys.readouterr().out
    found = json.loads((tmp_path / "museum.json").read_text("utf-8"))
    assert (found["queries"], found["matches"], found["unknown"]) == (6, 6, 2)
    assert found["recall"] == pytest.approx(found["found"] / 6, abs=1e-6)
    assert found["false_alerts_per_query"] == pytest.approx(found["false_alerts"] / 6, abs=1e-6)
    wall = found["set_wall"]
    assert (wall["queries"], wall["first_right"], wall["known"]) == (2, 2, 2)
    assert found["set_pair"]["with_several"] == 2
    (pair,) = found["catalogue_pairs"]
    assert pair["probability"] < 0.5
    assert found["fusion"] == json.loads(SHIPPED.read_text("utf-8"))["version"]


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="holds no set"):
        museum.main(["--data", str(tmp_path), "--work", str(tmp_path)])
