"""A descriptor's vectors in the packs: one row per image, zero where there is none yet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from iiif_dedup.pipeline.pack_files import Column, OpenColumns
from iiif_dedup.process.descriptors import VectorKind
from iiif_dedup.store import descriptors as store

CHUNK = 1024
"""Rows of one step, for which others wait at most."""
PREFIX = "vectors-"


class DescriptorColumn:
    """The column of one version of a descriptor, brought up to date step by step.

    Most images have their vector when they come. Where a descriptor is new to the collection the
    rows are zero at first; this object remembers which, so that it looks for those alone.

    Attributes:
        name: Of the descriptor; so for `version`.
        column: Where the vectors are.
    """

    def __init__(self, descriptor: VectorKind) -> None:
        self.name = descriptor.name
        self.version = descriptor.version
        # A version may hold any character, a file's name may not.
        file = PREFIX + hashlib.sha256(self.version.encode()).hexdigest()[:16]
        self.column = Column(file, "float16", (descriptor.dimensions,))
        self._forget("")

    def step(self, session: Session, files: OpenColumns, digests: NDArray[np.bytes_]) -> bool:
        """Do what is to be done next, a chunk of it; tell if there was anything.

        Args:
            session: A read session.
            files: Where the column is.
            digests: SHA-256 of every row of the packs.
        """
        if files.generation != self._generation:
            self._forget(files.generation)
        done = files.rows(self.column)
        if done < len(digests):
            part = digests[done : done + CHUNK]
            files.append({self.column: self._vectors(session, part)})
            return True
        self._look_for_gaps(files)
        return self._fill(session, files, digests)

    def count(self, rows: int) -> int:
        """Return how many of the first `rows` images have their vector."""
        return rows - int(np.count_nonzero(self._missing < rows))

    def _forget(self, generation: str) -> None:
        self._generation = generation
        self._looked_at = 0
        self._missing = np.empty(0, dtype=np.int64)
        self._read_to: int | None = None

    def _look_for_gaps(self, files: OpenColumns) -> None:
        """Remember which rows are zero among those that came since the last look."""
        rows = files.rows(self.column)
        if rows == self._looked_at:
            return
        new = files.mapped(self.column)[self._looked_at :]
        # Unit vectors are never zero; the integers behind float16 are compared faster.
        gaps = np.flatnonzero(~new.view(np.uint16).any(axis=1)) + self._looked_at
        self._missing = np.concatenate([self._missing, gaps])
        self._looked_at = rows

    def _fill(self, session: Session, files: OpenColumns, digests: NDArray[np.bytes_]) -> bool:
        """Put in vectors that came after their images."""
        highest = store.highest_sequence(session)
        if highest == self._read_to:
            return False
        if not len(self._missing):
            self._read_to = highest
            return False
        if self._read_to is None:
            # Nobody knows when these might have come: each is asked for, once.
            for start in range(0, len(self._missing), CHUNK):
                places = self._missing[start : start + CHUNK]
                self._put(files, places, self._vectors(session, digests[places]))
            self._read_to = highest
        else:
            late = store.vectors_after(session, self._read_to, self.version, limit=CHUNK)
            known = {bytes.fromhex(vector.sha256): vector.values for _, vector in late}
            rows = _rows_of(digests[self._missing])
            at = [place for place, row in enumerate(rows) if row in known]
            found = self._as_rows([known[rows[place]] for place in at])
            self._put(files, self._missing[at], found)
            self._read_to = late[-1][0] if len(late) == CHUNK else highest
        self._missing = self._missing[_is_zero(files, self.column, self._missing)]
        return True

    def _vectors(self, session: Session, digests: NDArray[np.bytes_]) -> NDArray[np.float16]:
        """Return the vectors of these bytes, zero where there is none."""
        names = [row.hex() for row in _rows_of(digests)]
        known = store.vectors_of(session, names, self.version)
        nothing = bytes(self.column.row_bytes)
        return self._as_rows([known.get(name, nothing) for name in names])

    def _as_rows(self, values: Sequence[bytes]) -> NDArray[np.float16]:
        rows = np.frombuffer(b"".join(values), dtype="<f2").astype(np.float16)
        return rows.reshape(-1, *self.column.shape)

    def _put(self, files: OpenColumns, places: NDArray[np.int64], rows: NDArray[Any]) -> None:
        for place, row in zip(places.tolist(), rows, strict=True):
            if row.any():
                files.overwrite(self.column, place, row)


def _is_zero(files: OpenColumns, column: Column, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(~files.mapped(column)[places].any(axis=1))


def _rows_of(digests: NDArray[np.bytes_]) -> list[bytes]:
    """Return the digests as they are; numpy's own items lose zeros at the end."""
    size = digests.dtype.itemsize
    body = np.ascontiguousarray(digests).tobytes()
    return [body[start : start + size] for start in range(0, len(body), size)]
