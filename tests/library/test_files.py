from __future__ import annotations

import os
from pathlib import Path

import pytest

from iiif_dedup.errors import FolderError, ImageError, Reason
from iiif_dedup.library import files
from iiif_dedup.library.files import (
    Seen,
    file_state,
    picture_files,
    read_picture,
    read_unknown,
    shown,
)
from tests.library.pictures import drawn

LIMIT = 1_000_000


def test_pictures_are_told_by_their_names_and_hidden_ones_passed_over(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.tiff", "notes.txt", ".hidden.png", "no_suffix", "c.jp2", "d.heic"):
        (tmp_path / name).write_bytes(b"x")
    for folder in (".git", "below"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "e.png").write_bytes(b"x")
    (tmp_path / "loop").symlink_to(tmp_path)
    names = [file.path for file in picture_files(tmp_path)]
    assert names == ["a.tiff", "b.JPG", os.path.join("below", "e.png"), "c.jp2", "d.heic"]


def test_a_folder_that_is_none_says_so(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"nowhere cannot be read: No such file"):
        picture_files(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderError, match="cannot be read"):
        picture_files(tmp_path / "file")


def test_a_link_to_nowhere_has_no_state_but_is_listed(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    assert picture_files(tmp_path) == [file_state(tmp_path, "gone.jpg")]
    assert file_state(tmp_path, "gone.jpg").size == -1
    with pytest.raises(OSError, match="No such file"):
        read_picture(tmp_path / "gone.jpg", LIMIT)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(OSError, match="no regular file"):
        read_picture(tmp_path / "pipe.jpg", LIMIT)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    (tmp_path / "large.jpg").write_bytes(bytes(11))
    with pytest.raises(ImageError, match="11 bytes") as caught:
        read_picture(tmp_path / "large.jpg", LIMIT)
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_known_file_is_not_decoded(tmp_path: Path) -> None:
    drawn(1, 1300, 700).save(tmp_path / "one.png")
    seen = read_picture(tmp_path / "one.png", LIMIT)
    assert seen.pixels.shape == (276, 512, 3)
    assert seen.tile.shape == (32, 32, 3)
    assert read_unknown(tmp_path / "one.png", LIMIT, {seen.digest}) == seen.digest
    unknown = read_unknown(tmp_path / "one.png", LIMIT, {"other"})
    assert isinstance(unknown, Seen)
    assert unknown.digest == seen.digest


def test_names_are_shown_without_what_no_text_may_hold() -> None:
    assert (
        shown(os.fsdecode(b"caf\xe9\n\x1b[31m.jpg"))
        == "caf?\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31m.jpg"
    )
    assert shown(Path("αγγείο 1.jpg")) == "αγγείο 1.jpg"
