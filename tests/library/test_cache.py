from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from iiif_dedup.errors import FolderError
from iiif_dedup.library.cache import Cache, write_whole


def test_each_folder_has_its_place_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    one, two = Cache(tmp_path / "one").folder, Cache(tmp_path / "two").folder
    assert one.parent == two.parent == tmp_path / "xdg" / "iiif_dedup"
    assert one != two
    assert not one.exists()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Cache(tmp_path / "one").folder == tmp_path / ".cache" / "iiif_dedup" / one.name


def test_arrays_come_back_and_broken_ones_do_not(tmp_path: Path) -> None:
    cache = Cache(tmp_path, tmp_path / "kept")
    assert cache.read_arrays("a.npz") is None
    cache.write_arrays("a.npz", {"x": np.arange(5), "names": np.array(["a", "b"])})
    arrays = cache.read_arrays("a.npz")
    assert arrays is not None
    assert arrays["x"].tolist() == [0, 1, 2, 3, 4]
    whole = (cache.folder / "a.npz").read_bytes()
    for broken in (whole[:-30], b"", b"PK\x03\x04", whole[:40] + b"\xff" * 20 + whole[60:]):
        (cache.folder / "a.npz").write_bytes(broken)
        assert cache.read_arrays("a.npz") is None


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    cache = Cache(tmp_path, tmp_path)
    np.savez(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    assert cache.read_arrays("a.npz") is None
    (tmp_path / "b.npz").write_bytes(pickle.dumps([1]))
    assert cache.read_arrays("b.npz") is None


def test_answers_are_kept_for_one_state_of_the_pictures(tmp_path: Path) -> None:
    cache = Cache(tmp_path, tmp_path / "kept")
    assert cache.answer("first", "find a") is None
    cache.keep_answer("first", "find a", {"tau": 0.5})
    cache.keep_answer("first", "find b", {"tau": 0.7})
    assert cache.answer("first", "find a") == {"tau": 0.5}
    cache.keep_answer("second", "find a", {"tau": 0.6})
    assert cache.answer("first", "find a") is None
    (path,) = (tmp_path / "kept" / "answers" / "second").iterdir()
    path.write_bytes(b'{"tau": ')
    assert cache.answer("second", "find a") is None


def test_what_cannot_be_written_says_so_and_leaves_the_old(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(FolderError, match="cannot be written"):
        write_whole(tmp_path / "file" / "below", b"new")
    with pytest.raises(FolderError, match="cannot be written"):
        write_whole(tmp_path, b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
