from __future__ import annotations

import functools
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

import iiif_dedup
from iiif_dedup.errors import EncoderError, FolderError, NotSearchableError, Reason
from iiif_dedup.library import engine
from iiif_dedup.library.cache import ENCODER
from iiif_dedup.library.folder import Folder
from iiif_dedup.library.reading import DESCRIPTORS
from iiif_dedup.search.instance_training import TrainingPlan, train_collection_encoder
from iiif_dedup.search.tile_encoder import TileEncoder
from tests.library.pictures import COUNT, drawn


def test_duplicates_of_a_picture_of_the_folder(photos: Path, cache: Path) -> None:
    folder = Folder.open(photos, cache=cache)
    assert len(folder.pictures) == COUNT + 2
    same, again = folder.find(photos / "05.png"), folder.find(photos / "03.png")
    assert same[0].path == photos / "below" / "five.png"
    assert same[0].found_by["sha256"] == 1
    assert same[0].rank == 1
    assert same[0].accepted
    assert again[0].path == photos / "03 again.jpg"
    assert set(again[0].found_by) >= {"clone", "phash", "block_mean", *DESCRIPTORS}
    for matches in (same, again):
        assert len(matches) == COUNT + 1, "all others of so small a folder, not itself"
        assert [match.rank for match in matches] == list(range(1, COUNT + 2))


def test_duplicates_of_a_picture_from_elsewhere(photos: Path, cache: Path, tmp_path: Path) -> None:
    folder = Folder.open(photos, cache=cache)
    drawn(7).rotate(90, expand=True).save(tmp_path / "turned.jpg")
    assert folder.find(tmp_path / "turned.jpg")[0].path == photos / "07.png"
    (tmp_path / "copy.png").write_bytes((photos / "05.png").read_bytes())
    matches = folder.find(tmp_path / "copy.png", limit=2)
    assert {match.path.name for match in matches} == {"05.png", "five.png"}
    assert all("sha256" in match.found_by for match in matches)


def test_delta_moves_what_is_accepted_and_limit_what_is_returned(photos: Path, cache: Path) -> None:
    folder = Folder.open(photos, cache=cache)
    assert all(match.accepted for match in folder.find(photos / "00.png", delta=9.0))
    assert not any(match.accepted for match in folder.find(photos / "00.png", delta=-9.0))
    assert len(folder.find(photos / "00.png", limit=3)) == 3


def test_a_scan_reports_each_pair_once_best_first(photos: Path, cache: Path) -> None:
    drawn(8).rotate(180).save(photos / "08 turned.png")
    Image.new("RGB", (50, 50), "white").save(photos / "blank.png")
    found = Folder.open(photos, cache=cache).scan()
    pairs = [{pair.first.name, pair.second.name} for pair in found.pairs]
    assert pairs[0] == {"05.png", "five.png"}
    assert {"03.png", "03 again.jpg"} in pairs
    assert {"08.png", "08 turned.png"} in pairs
    assert not any("blank.png" in pair for pair in pairs)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert [pair.rank for pair in found.pairs] == list(range(1, len(pairs) + 1))
    assert found.searched == COUNT + 3
    assert (found.delta, found.budget_status) == (0.0, "uncalibrated")


def test_a_budget_is_measured_where_there_are_enough_pictures(
    photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MIN_PICTURES", COUNT)
    folder = Folder.open(photos, cache=cache)
    strict, loose = folder.scan(budget=1e-6), folder.scan(budget=5.0)
    assert strict.budget_status == "extrapolated"
    assert strict.delta < loose.delta
    assert len(strict.pairs) < len(loose.pairs)
    with pytest.raises(ValueError, match="positive"):
        folder.scan(budget=0)


def test_a_trained_encoder_is_kept_and_used(
    photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, weights: bytes
) -> None:
    for number in range(20, 80):
        drawn(number).save(photos / f"{number}.png")
    monkeypatch.setattr(engine, "MIN_PICTURES", 64)
    monkeypatch.setattr(engine, "starting_encoder", lambda: TileEncoder.from_bytes(weights))
    plan = TrainingPlan(epochs=1, least_steps=3)
    short = functools.partial(train_collection_encoder, plan=plan)
    monkeypatch.setattr(engine, "train_collection_encoder", short)
    told: list[tuple[str, int, int]] = []
    folder = Folder.open(photos, cache=cache, progress=lambda *step: told.append(step))
    before = folder.find(photos / "03.png")
    folder.train()
    after = folder.find(photos / "03.png")
    assert (cache / ENCODER).read_bytes() != weights
    assert after[0].path == before[0].path == photos / "03 again.jpg"
    assert after[0].norm != before[0].norm
    assert ("Training", 3, 3) in told
    assert Folder.open(photos, cache=cache).find(photos / "03.png") == after


def test_too_few_pictures_train_no_encoder(photos: Path, cache: Path) -> None:
    with pytest.raises(
        EncoderError, match=f"at least 500 different pictures, this one has {COUNT + 1};"
    ):
        Folder.open(photos, cache=cache).train()


def test_a_second_run_loads_no_torch_and_gives_the_same(photos: Path, cache: Path) -> None:
    first = Folder.open(photos, cache=cache).find(photos / "03.png")
    scanned = Folder.open(photos, cache=cache).scan()
    code = (
        "import sys; from iiif_dedup import Folder\n"
        f"folder = Folder.open({str(photos)!r}, cache={str(cache)!r})\n"
        f"print(len(folder.find({str(photos / '03.png')!r})), len(folder.scan().pairs))\n"
        "print('torch' in sys.modules)"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(len(first)), str(len(scanned.pairs)), "False"]
    assert time.monotonic() - started < 20


def test_answers_change_with_the_folder(photos: Path, cache: Path) -> None:
    Folder.open(photos, cache=cache).find(photos / "00.png")
    drawn(0).resize((100, 75)).save(photos / "new.jpg")
    folder = Folder.open(photos, cache=cache)
    assert folder.find(photos / "00.png")[0].path == photos / "new.jpg"


def test_what_cannot_be_searched_says_why(photos: Path, cache: Path, tmp_path: Path) -> None:
    Image.new("RGB", (60, 60), (200, 30, 40)).save(photos / "uniform.png")
    folder = Folder.open(photos, cache=cache)
    with pytest.raises(NotSearchableError, match="blank") as caught:
        folder.find(photos / "uniform.png")
    assert caught.value.reason is Reason.BLANK_IMAGE
    with pytest.raises(FolderError, match=r"nowhere.png cannot be read: No such file"):
        folder.find(photos / "nowhere.png")
    (tmp_path / "single").mkdir()
    drawn(1).save(tmp_path / "single" / "one.png")
    single = Folder.open(tmp_path / "single", cache=cache)
    with pytest.raises(NotSearchableError) as few:
        single.find(tmp_path / "single" / "one.png")
    assert few.value.reason is Reason.POOL_TOO_SMALL
    assert single.scan().pairs == ()


def test_empty_folders_have_no_pairs(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "empty").mkdir()
    folder = Folder.open(tmp_path / "empty", cache=cache)
    assert not folder.pictures
    assert not folder.failures
    assert folder.scan().pairs == ()


def test_broken_weights_say_so(photos: Path, cache: Path) -> None:
    (cache / ENCODER).write_bytes(b"no weights")
    with pytest.raises(EncoderError, match="Train the encoder anew"):
        Folder.open(photos, cache=cache).find(photos / "00.png")


def test_the_package_gives_out_the_folder_alone() -> None:
    assert iiif_dedup.Folder is Folder
    with pytest.raises(AttributeError, match="no attribute 'Album'"):
        iiif_dedup.Album  # noqa: B018
