"""The pool in memory: kept by a long-lived worker, brought up to date before every search."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.search.run import TilePool
from iiif_dedup.store import pool as store
from iiif_dedup.types import TILE_SHAPE

CHUNK = 10_000
"""Tiles that are read at once, 30 MB."""


@dataclass(frozen=True, slots=True)
class PoolView:
    """The pool for one search.

    Attributes:
        pool: Every version of every image, by id.
        exclude: N; true for what is not current, or belongs to the record that is searched.
        covered_sequence: Highest image sequence in the pool, 0 for an empty one.
    """

    pool: TilePool
    exclude: NDArray[np.bool_]
    covered_sequence: int

    def hash(self) -> str:
        """Return the SHA-256 over the ids that are not excluded, as hexadecimal digits."""
        ids = self.pool.image_version_ids
        kept = [ids[place] for place in np.flatnonzero(~self.exclude).tolist()]
        return hashlib.sha256("\n".join(kept).encode()).hexdigest()


class TilePools:
    """All tiles, read once: afterwards only those behind the highest sequence seen.

    They are ordered by image version id, so that a search depends on which images there are and
    not on when they came. Not safe between threads; one for each worker process.
    """

    def __init__(self) -> None:
        self._sequence = 0
        self._pool = TilePool(np.empty((0, *TILE_SHAPE), dtype=np.uint8), [], [])

    def view(self, session: Session, record_id: str) -> PoolView:
        """Return the pool for a search of `record_id`, as the session sees it.

        Args:
            session: A read session: one that sees one state of the database.
            record_id: Its own images are excluded.
        """
        self._catch_up(session)
        current = store.current_version_ids(session)
        is_current = np.fromiter(
            (version_id in current for version_id in self._pool.image_version_ids),
            dtype=np.bool_,
            count=len(self._pool.tiles),
        )
        exclude = ~is_current | self._pool.of_record(record_id)
        return PoolView(self._pool, exclude, self._sequence)

    def _catch_up(self, session: Session) -> None:
        ids, records = list(self._pool.image_version_ids), list(self._pool.record_ids)
        tiles = [self._pool.tiles]
        sequence = self._sequence
        while rows := store.versions_after(session, sequence, PREPROCESSING, limit=CHUNK):
            sequence = rows[-1].sequence
            ids += [row.image_version_id for row in rows]
            records += [row.record_id for row in rows]
            pixels = b"".join(row.pixels for row in rows)
            tiles.append(np.frombuffer(pixels, dtype=np.uint8).reshape(-1, *TILE_SHAPE))
        if len(tiles) == 1:
            return
        order = sorted(range(len(ids)), key=ids.__getitem__)
        self._pool = TilePool(
            np.concatenate(tiles)[order], [ids[i] for i in order], [records[i] for i in order]
        )
        # Last, so that an interruption leaves the pool as it was.
        self._sequence = sequence
