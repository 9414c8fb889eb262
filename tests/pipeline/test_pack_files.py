from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.pipeline.pack_files import Column, OpenColumns, PackFiles

NUMBERS = Column("numbers", "int64")
ROWS = Column("rows", "float16", (3,))


class KilledError(Exception):
    """Stands for a process that ends here."""


@pytest.fixture
def files(tmp_path: Path) -> PackFiles:
    return PackFiles(tmp_path / "packs", "test")


def numbers(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def test_columns_grow_and_are_read_back(files: PackFiles) -> None:
    with files.locked() as columns:
        assert columns.mapped(ROWS).shape == (0, 3)
        columns.append({NUMBERS: numbers(1, 2), ROWS: np.ones((2, 3), np.float16)})
    with files.locked() as columns:
        columns.append({NUMBERS: numbers(3)})
        assert columns.mapped(NUMBERS).tolist() == [1, 2, 3]
        assert columns.mapped(ROWS).tolist() == [[1.0] * 3] * 2
        mapped = columns.mapped(NUMBERS)
        mapped[0] = 99
        assert columns.mapped(NUMBERS)[0] != 99, "what is written to a map reaches the file"


def test_a_row_may_be_replaced_and_is_seen_in_old_maps(files: PackFiles) -> None:
    with files.locked() as columns:
        columns.append({NUMBERS: numbers(1, 2, 3)})
        mapped = columns.mapped(NUMBERS)
        columns.overwrite(NUMBERS, 1, numbers(7)[0])
    assert mapped.tolist() == [1, 7, 3]


def test_rows_of_another_shape_are_refused(files: PackFiles) -> None:
    with files.locked() as columns, pytest.raises(ValueError, match=r"rows are float16 \(3,\)"):
        columns.append({ROWS: np.ones((2, 4), np.float16)})


@pytest.mark.parametrize("kill_at", range(4))
def test_a_kill_between_two_writes_leaves_what_counted(
    files: PackFiles, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    values: dict[Column, NDArray[Any]] = {NUMBERS: numbers(1, 2), ROWS: np.ones((2, 3), np.float16)}
    with files.locked() as columns:
        columns.append(values)
    steps = iter(range(10))

    def dies(name: str) -> None:
        original = getattr(OpenColumns, name)

        def step(*arguments: object) -> None:
            if next(steps) == kill_at:
                raise KilledError
            original(*arguments)
            if next(steps) == kill_at:
                raise KilledError

        monkeypatch.setattr(OpenColumns, name, step)

    dies("_write")
    with pytest.raises(KilledError), files.locked() as columns:
        columns.append({NUMBERS: numbers(8, 9), ROWS: np.zeros((2, 3), np.float16)})
    monkeypatch.undo()
    with files.locked() as columns:
        assert columns.mapped(NUMBERS).tolist() == [1, 2]
        assert columns.mapped(ROWS).shape == (2, 3)
        columns.append({NUMBERS: numbers(3), ROWS: np.zeros((1, 3), np.float16)})
        assert columns.mapped(NUMBERS).tolist() == [1, 2, 3]
        assert columns.mapped(ROWS)[2].tolist() == [0.0] * 3


def test_starting_anew_leaves_old_maps_alone(files: PackFiles, tmp_path: Path) -> None:
    with files.locked() as columns:
        columns.append({NUMBERS: numbers(*range(10_000))})
        mapped = columns.mapped(NUMBERS)
        columns.restart()
        assert columns.rows(NUMBERS) == 0
        columns.append({NUMBERS: numbers(5)})
    assert mapped[-1] == 9_999
    assert len([path for path in (tmp_path / "packs").iterdir() if path.is_dir()]) == 1


def test_dropped_columns_vanish_from_the_disk(files: PackFiles, tmp_path: Path) -> None:
    one, other = Column("x-1", "int64"), Column("x-2", "int64")
    with files.locked() as columns:
        columns.append({one: numbers(1), other: numbers(2), NUMBERS: numbers(3)})
        columns.drop("x-", {"x-2"})
        assert (columns.rows(one), columns.rows(other), columns.rows(NUMBERS)) == (0, 1, 1)
    assert not list(tmp_path.rglob("x-1"))


def test_another_content_starts_anew(files: PackFiles, tmp_path: Path) -> None:
    with files.locked() as columns:
        columns.append({NUMBERS: numbers(1)})
    with PackFiles(tmp_path / "packs", "other").locked() as columns:
        assert columns.rows(NUMBERS) == 0
