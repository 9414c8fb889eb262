"""The pool on this machine: packs that are brought up to date from the database before a search.

A cache of the tables, row by row in the order of the image sequence: tiles, fingerprints,
descriptors' vectors, and what the collection's encoder makes of the tiles. It is made anew when it
is missing, broken, of another version or of another database; processes of one machine share it,
and read it by memory map.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from iiif_dedup.pipeline.pack_files import Column, OpenColumns, PackFiles
from iiif_dedup.pipeline.pack_vectors import CHUNK, DescriptorColumn
from iiif_dedup.pipeline.pool_view import FINGERPRINT_VERSION, PoolView
from iiif_dedup.process.descriptors import VectorKind
from iiif_dedup.process.fingerprints import FINGERPRINTS
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.store import changes, same_records
from iiif_dedup.store import pool as store
from iiif_dedup.store.ids import ID_LENGTH
from iiif_dedup.store.pool import PoolImage
from iiif_dedup.types import TILE_SHAPE

if TYPE_CHECKING:
    from iiif_dedup.search.tile_encoder import TileEncoder

ENCODED_AT_ONCE = 512
"""Tiles of one step, a tenth of a second; others wait for it."""
_CONTENT = f"{PREPROCESSING} fingerprints/{FINGERPRINT_VERSION}"

_PURGES = Column("purges", "int64")
"""One row: how often pixels had been purged when the packs were begun."""
_SEQUENCES = Column("sequences", "int64")
_VERSION_IDS = Column("image_versions", f"S{ID_LENGTH}")
_RECORD_IDS = Column("records", f"S{ID_LENGTH}")
_DIGESTS = Column("digests", "S32")
_TILES = Column("tiles", "uint8", TILE_SHAPE)
_BITS = {
    "phash": Column("phash", "uint8", (8,)),
    "block_mean": Column("block_mean", "uint8", (32,)),
}
_ENCODED = "encoded-"


class Packs:
    """The packs of one folder, mapped by this process. Not safe between threads."""

    def __init__(
        self, folder: Path, load_descriptors: Callable[[], Sequence[VectorKind]] = tuple
    ) -> None:
        """Name the folder, without touching it.

        Args:
            folder: Of the packs.
            load_descriptors: Returns whose vectors are wanted; called when first needed.
        """
        self._files = PackFiles(folder, _CONTENT)
        self._load_descriptors = load_descriptors
        self._columns: list[DescriptorColumn] | None = None
        self._maps: dict[Column, NDArray[Any]] = {}
        self._generation = ""
        self._retired = _Retired("", -1, np.empty(0, dtype=np.bool_))

    def view(
        self, session: Session, record_id: str, encoder: TileEncoder | None = None
    ) -> PoolView:
        """Return the pool for a search of `record_id`, as the session sees it.

        Args:
            session: A read session: one that sees one state of the database.
            record_id: Its own images are excluded, and those of the same record by other routes.
            encoder: What the tiles are encoded with; None leaves that out.
        """
        pool, covered = self.pool(session, encoder)
        exclude = self.retired(session)[: len(pool.tiles)]
        for one in (record_id, *same_records.of(session, record_id)):
            exclude = exclude | pool.of_record(one)
        columns = self._descriptors()
        return PoolView(
            pool,
            exclude,
            covered,
            {column.name: column.count(len(pool.tiles)) for column in columns},
            {column.name: column.version for column in columns},
        )

    def pool(self, session: Session, encoder: TileEncoder | None = None) -> tuple[Pool, int]:
        """Bring the packs up to date; return every version of every image, and the highest number.

        Args:
            session: A read session.
            encoder: As in `view`.
        """
        while True:
            with self._files.locked() as files:
                if not self._step(session, files, encoder):
                    return self._mapped(session, files, encoder)

    def retired(self, session: Session) -> NDArray[np.bool_]:
        """Return a mask of all mapped rows: true for versions that are not current."""
        sequences = self._maps.get(_SEQUENCES, np.empty(0, dtype=np.int64))
        count, known = changes.count(session), self._retired
        if (known.generation, known.changes) != (self._generation, count):
            numbers = np.array(store.retired_sequences(session), dtype=np.int64)
            mask = np.isin(sequences, numbers, assume_unique=True)
        else:
            # What came since, and made no other change, is current.
            grown = np.zeros(len(sequences) - len(known.mask), dtype=np.bool_)
            mask = np.concatenate([known.mask, grown])
        self._retired = _Retired(self._generation, count, mask)
        return mask

    def drop_encoded(self, keep: Sequence[str]) -> None:
        """Remove what encoders made of the tiles, but for those versions."""
        with self._files.locked() as files:
            files.drop(_ENCODED, {_encoded(version).name for version in keep})

    def _step(self, session: Session, files: OpenColumns, encoder: TileEncoder | None) -> bool:
        """Do what is to be done next, a chunk of it; tell if there was anything."""
        if not self._is_of(session, files):
            files.restart()
            return True
        sequences = self._map(files, _SEQUENCES)
        last = int(sequences[-1]) if len(sequences) else 0
        images = store.versions_after(session, last, PREPROCESSING, limit=CHUNK)
        if images:
            if not len(sequences):
                files.restart()
                purges = np.array([changes.count_purges(session)], dtype=_PURGES.dtype)
                files.append({_PURGES: purges})
            files.append(_rows(images))
            return True
        digests = self._map(files, _DIGESTS)
        if any(column.step(session, files, digests) for column in self._descriptors()):
            return True
        return encoder is not None and self._encode(files, encoder)

    def _encode(self, files: OpenColumns, encoder: TileEncoder) -> bool:
        column = _encoded(encoder.version)
        done = files.rows(column)
        tiles = self._map(files, _TILES)[done : done + ENCODED_AT_ONCE]
        if len(tiles):
            files.append({column: encoder.encode(tiles).astype(column.dtype)})
        return len(tiles) > 0

    def _is_of(self, session: Session, files: OpenColumns) -> bool:
        """Tell whether the packs are of this database, by their first and newest image.

        Packs that may hold what has been purged are not.
        """
        places = self._places(session, files)
        if not files.rows(_SEQUENCES):
            return True
        begun_at = int(self._map(files, _PURGES)[0]) if files.rows(_PURGES) else 0
        if begun_at != changes.count_purges(session):
            return False
        if not places:
            return False
        ends = sorted({0, places - 1})
        numbers = [int(self._map(files, _SEQUENCES)[place]) for place in ends]
        ours = [self._map(files, _VERSION_IDS)[place].decode() for place in ends]
        return store.version_ids(session, numbers) == ours

    def _mapped(
        self, session: Session, files: OpenColumns, encoder: TileEncoder | None
    ) -> tuple[Pool, int]:
        rows = slice(self._places(session, files))
        sequences = self._map(files, _SEQUENCES)[rows]
        encoded = None
        if encoder is not None:
            vectors = self._map(files, _encoded(encoder.version))[rows]
            encoded = Encoded(encoder.version, vectors)
        pool = Pool(
            tiles=self._map(files, _TILES)[rows],
            image_version_ids=self._map(files, _VERSION_IDS)[rows],
            record_ids=self._map(files, _RECORD_IDS)[rows],
            digests=self._map(files, _DIGESTS)[rows],
            bits={name: self._map(files, column)[rows] for name, column in _BITS.items()},
            vectors={one.name: self._map(files, one.column)[rows] for one in self._descriptors()},
            encoded=encoded,
        )
        return pool, int(sequences[-1]) if len(sequences) else 0

    def _descriptors(self) -> list[DescriptorColumn]:
        if self._columns is None:
            self._columns = [DescriptorColumn(one) for one in self._load_descriptors()]
        return self._columns

    def _places(self, session: Session, files: OpenColumns) -> int:
        """Return how many rows the session knows of; another process may have added newer ones."""
        highest = store.highest_sequence(session)
        return int(np.searchsorted(self._map(files, _SEQUENCES), highest, side="right"))

    def _map(self, files: OpenColumns, column: Column) -> NDArray[Any]:
        if files.generation != self._generation:
            self._maps.clear()
            self._generation = files.generation
        known = self._maps.get(column)
        if known is None or len(known) != files.rows(column):
            known = self._maps[column] = files.mapped(column)
        return known


@dataclass(frozen=True, slots=True)
class _Retired:
    """Which rows were not current, when `changes` had that count."""

    generation: str
    changes: int
    mask: NDArray[np.bool_]


def _rows(images: Sequence[PoolImage]) -> dict[Column, NDArray[Any]]:
    pixels = np.frombuffer(b"".join(image.pixels for image in images), dtype=np.uint8)
    tiles = pixels.reshape(-1, *TILE_SHAPE)
    return {
        _SEQUENCES: np.array([image.sequence for image in images], dtype=np.int64),
        _VERSION_IDS: _names([image.image_version_id for image in images]),
        _RECORD_IDS: _names([image.record_id for image in images]),
        _DIGESTS: np.array([bytes.fromhex(image.sha256) for image in images], _DIGESTS.dtype),
        _TILES: tiles,
        **{column: FINGERPRINTS[name](tiles) for name, column in _BITS.items()},
    }


def _names(ids: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([one.encode("ascii") for one in ids], dtype=_VERSION_IDS.dtype)


def _encoded(version: str) -> Column:
    # Of `search.tile_encoder.TileEncoder`: hexadecimal digits, safe as a name.
    return Column(f"{_ENCODED}{version}", "float16", (128,))
