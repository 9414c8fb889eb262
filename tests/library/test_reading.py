from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from iiif_dedup.errors import Reason
from iiif_dedup.library import reading as module
from iiif_dedup.library.cache import Cache
from iiif_dedup.library.files import Seen
from iiif_dedup.library.index import Index, Row
from iiif_dedup.library.reading import read_folder
from tests.library.pictures import COUNT, drawn

LIMIT = 1_000_000


class Reading:
    """Reads a folder and counts what had to be described."""

    def __init__(self, folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.described: list[int] = []
        self._folder, self._cache = folder, Cache(folder, cache)
        describe = module.describe

        def counted(pictures: list[Seen]) -> list[Row]:
            self.described.append(len(pictures))
            return describe(pictures)

        monkeypatch.setattr(module, "describe", counted)

    def __call__(self) -> Index:
        self.described.clear()
        return read_folder(self._folder, self._cache, max_pixels=LIMIT)


@pytest.fixture
def reading(photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    return Reading(photos, cache, monkeypatch)


def test_every_content_is_described_once(reading: Reading) -> None:
    index = reading()
    assert sum(reading.described) == COUNT + 1
    assert [file.path for file in index.files][:2] == ["00.png", "01.png"]
    assert index.tiles.shape == (COUNT + 2, 32, 32, 3)
    assert {name: len(rows) for name, rows in index.vectors.items()} == dict.fromkeys(
        module.DESCRIPTORS, COUNT + 2
    )
    again = reading()
    assert reading.described == []
    assert again.files == index.files
    assert np.array_equal(again.tiles, index.tiles)
    assert np.array_equal(again.digests, index.digests)


def test_only_what_changed_is_described_again(reading: Reading, photos: Path) -> None:
    reading()
    (photos / "00.png").rename(photos / "renamed.png")
    (photos / "01.png").unlink()
    drawn(77).save(photos / "02.png")
    index = reading()
    assert sum(reading.described) == 1
    names = [file.path for file in index.files]
    assert "renamed.png" in names
    assert "01.png" not in names


def test_a_file_that_was_touched_is_known_by_its_content(reading: Reading, photos: Path) -> None:
    reading()
    os.utime(photos / "00.png", (1, 1))
    assert len(reading().files) == COUNT + 2
    assert sum(reading.described) == 0


def test_failures_are_listed_and_lasting_ones_kept(reading: Reading, photos: Path) -> None:
    (photos / "text.jpg").write_text("no picture")
    (photos / "gone.png").symlink_to("nowhere.png")
    for _ in range(2):
        failures = reading().failures
        assert [(one.file.path, one.reason) for one in failures] == [
            ("gone.png", Reason.UNREADABLE_IMAGE),
            ("text.jpg", Reason.NOT_AN_IMAGE),
        ]
        assert failures[0].detail == "No such file or directory"
    drawn(50).save(photos / "nowhere.png")
    assert [one.file.path for one in reading().failures] == ["text.jpg"]


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_broken_cache_is_made_anew(reading: Reading, cache: Path, damage: bytes | None) -> None:
    reading()
    path = cache / "index.npz"
    path.write_bytes(path.read_bytes()[:5000] if damage is None else damage)
    assert len(reading().files) == COUNT + 2
    assert sum(reading.described) == COUNT + 1


def test_another_version_is_not_trusted(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    reading()
    monkeypatch.setattr(module, "__version__", "99.0")
    reading()
    assert sum(reading.described) == COUNT + 1


def test_another_descriptor_describes_all_again(
    reading: Reading, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading()
    colour = module.load_descriptors()["colour"]
    monkeypatch.setattr(type(colour), "version", "colour/next")
    drawn(60).save(photos / "new.png")
    assert len(reading().files) == COUNT + 3
    assert sum(reading.described) == COUNT + 2


def test_an_interrupted_reading_goes_on(
    photos: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 4)
    monkeypatch.setattr(module, "_SAVED_EVERY", 1)

    def stop(step: str, done: int, total: int) -> None:
        told.append((step, done, total))
        if done == 8:
            raise KeyboardInterrupt

    told: list[tuple[str, int, int]] = []
    kept = Cache(photos, cache)
    with pytest.raises(KeyboardInterrupt):
        read_folder(photos, kept, max_pixels=LIMIT, progress=stop)
    assert told == [("Reading pictures", 4, 12), ("Reading pictures", 8, 12)]
    read_folder(photos, kept, max_pixels=LIMIT, progress=lambda *step: told.append(step))
    assert told[2:] == [("Reading pictures", 4, 8), ("Reading pictures", 8, 8)]


def test_an_empty_folder_is_an_empty_index(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    index = read_folder(tmp_path / "empty", Cache(tmp_path, tmp_path / "c"), max_pixels=LIMIT)
    assert index.files == ()
    assert index.tiles.shape == (0, 32, 32, 3)
