"""Columns on disk with one row per image: appended to, memory-mapped, safe against kills.

A column is one file of rows of equal size. How many rows of it count stands in `head.json`, which
is replaced last, so that a kill leaves rows that do not count and are written over. Processes
take turns by a lock on the folder. Rows that count are never cut off or moved, since others may
have them mapped: starting anew makes another folder of columns beside, and the old one vanishes
when the last reader lets go of it.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import shutil
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYOUT = 1
"""Version of what stands in the folder; another one is not read but made anew."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds.

    Attributes:
        name: Of its file: letters, digits, "-" and "_" only.
        dtype: Of a row's elements, as numpy writes it.
        shape: Of a row.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] = ()

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)


class PackFiles:
    """The columns of one folder; see this module. Open them with `locked`."""

    def __init__(self, folder: Path, content: str) -> None:
        """Name the folder, without touching it.

        Args:
            folder: Is made when it is missing.
            content: What the rows were made of and how; a folder of another content starts anew.
        """
        self._folder = folder
        self._kind = {"layout": LAYOUT, "content": content}

    @contextmanager
    def locked(self) -> Iterator[OpenColumns]:
        """Yield the columns, which nobody else reads or writes meanwhile.

        Broken columns, and those of another kind, are empty.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            columns = OpenColumns(self._folder, self._kind)
            if not columns.are_whole():
                columns.restart()
            yield columns


class OpenColumns:
    """The columns while the lock is held."""

    def __init__(self, folder: Path, kind: Mapping[str, Any]) -> None:
        self._folder = folder
        self._kind = kind
        self._head = _read_head(folder / "head.json")

    @property
    def generation(self) -> str:
        """Another one than before when the columns were started anew since."""
        return self._head.generation

    def rows(self, column: Column) -> int:
        """Return how many rows count."""
        return self._head.columns.get(column.name, (0, 0))[0]

    def append(self, values: Mapping[Column, NDArray[Any]]) -> None:
        """Add rows to columns, to all of them or to none.

        Args:
            values: N rows for each column.
        """
        columns = dict(self._head.columns)
        for column, rows in values.items():
            self._write(column, self.rows(column), rows)
            columns[column.name] = (self.rows(column) + len(rows), column.row_bytes)
        self._replace_head(self.generation, columns)

    def overwrite(self, column: Column, place: int, row: NDArray[Any]) -> None:
        """Replace one row that counts; readers see it at once."""
        self._write(column, place, row[np.newaxis])

    def mapped(self, column: Column) -> NDArray[Any]:
        """Return the rows that count as a memory map; it is to be read only.

        What is written to it reaches neither the file nor anybody else: copy-on-write, since
        torch takes no array that is read-only.
        """
        rows = self.rows(column)
        shape = (rows, *column.shape)
        if rows == 0:
            # Nothing cannot be mapped.
            return np.empty(shape, dtype=column.dtype)
        mapped = np.memmap(self._path(column.name), column.dtype, mode="c", shape=shape)
        return mapped.view(np.ndarray)

    def drop(self, prefix: str, keep: Collection[str]) -> None:
        """Remove the columns whose names begin with `prefix`, but for those of `keep`."""
        others = {
            name for name in self._head.columns if name.startswith(prefix) and name not in keep
        }
        left = {name: rows for name, rows in self._head.columns.items() if name not in others}
        self._replace_head(self.generation, left)
        for name in others:
            self._path(name).unlink(missing_ok=True)

    def restart(self) -> None:
        """Make all columns empty."""
        generation = uuid.uuid4().hex
        (self._folder / generation).mkdir()
        self._replace_head(generation, {})
        for other in self._folder.iterdir():
            if other.is_dir() and other.name != generation:
                shutil.rmtree(other)

    def are_whole(self) -> bool:
        """Tell whether the head can be read, is of our kind, and no file is too short for it."""
        if self._head.kind != self._kind or not (self._folder / self.generation).is_dir():
            return False
        return all(
            _size(self._path(name)) >= rows * row_bytes
            for name, (rows, row_bytes) in self._head.columns.items()
        )

    def _path(self, name: str) -> Path:
        return self._folder / self.generation / name

    def _write(self, column: Column, place: int, rows: NDArray[Any]) -> None:
        if rows.shape[1:] != column.shape or rows.dtype != np.dtype(column.dtype):
            raise ValueError(
                f"rows of {column.name} are {column.dtype} {column.shape}, got {rows.dtype} "
                f"{rows.shape[1:]}"
            )
        # Neither "wb" nor "ab": what counts must stay, and what does not is written over.
        descriptor = os.open(self._path(column.name), os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(descriptor, "r+b") as file:
            file.seek(place * column.row_bytes)
            file.write(np.ascontiguousarray(rows).tobytes())
            file.flush()
            os.fsync(descriptor)

    def _replace_head(self, generation: str, columns: Mapping[str, tuple[int, int]]) -> None:
        path = self._folder / "head.json"
        temporary = path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"kind": self._kind, "generation": generation, "columns": columns}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        self._head = _Head(self._kind, generation, columns)


@dataclass(frozen=True, slots=True)
class _Head:
    """What counts: column name → rows and bytes of a row."""

    kind: Mapping[str, Any]
    generation: str
    columns: Mapping[str, tuple[int, int]]


_NOTHING = _Head({}, "", {})


def _read_head(path: Path) -> _Head:
    """Return the head, or one of no kind where there is none that can be read."""
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        columns = {
            str(name): (int(rows), int(row_bytes))
            for name, (rows, row_bytes) in head["columns"].items()
        }
        return _Head(dict(head["kind"]), str(head["generation"]), columns)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return _NOTHING


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
