"""What is known of every picture of a folder, and how it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import Reason
from iiif_dedup.library.cache import Cache
from iiif_dedup.library.files import FileState
from iiif_dedup.types import TILE_SHAPE, Json

_FILE = "index.npz"


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture file that cannot be read.

    Attributes:
        file: The file.
        reason: Stable code.
        detail: The same in a sentence.
        lasting: Whether it is the content's fault, so that reading it again is of no use.
    """

    file: FileState
    reason: Reason
    detail: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one content: its tile, and its vectors by descriptor, float16."""

    tile: NDArray[np.uint8]
    vectors: Mapping[str, NDArray[np.float16]]


@dataclass(frozen=True, slots=True)
class Index:
    """The pictures of a folder, in order of their paths; arrays have one row a file.

    Attributes:
        files: The readable ones.
        digests: SHA-256 of each, hexadecimal.
        tiles: RGB, N×32×32×3.
        vectors: By descriptor, float16 N×D.
        versions: Of the descriptors.
        failures: The other ones.
    """

    files: tuple[FileState, ...]
    digests: NDArray[np.bytes_]
    tiles: NDArray[np.uint8]
    vectors: Mapping[str, NDArray[np.float16]]
    versions: Mapping[str, str]
    failures: tuple[Failure, ...]

    @classmethod
    def of(
        cls,
        files: Mapping[FileState, str],
        rows: Mapping[str, Row],
        versions: Mapping[str, str],
        failures: Iterable[Failure],
    ) -> Self:
        """Return the index of files, given as their digests, and of what is known of those."""
        ordered = sorted(files, key=lambda file: file.path)
        chosen = [rows[files[file]] for file in ordered]
        return cls(
            files=tuple(ordered),
            digests=np.array([files[file] for file in ordered], dtype="S64"),
            tiles=np.array([row.tile for row in chosen], dtype=np.uint8).reshape(-1, *TILE_SHAPE),
            vectors={
                name: np.stack([row.vectors[name] for row in chosen]) for name in versions if chosen
            },
            versions=versions,
            failures=tuple(sorted(failures, key=lambda failure: failure.file.path)),
        )

    def place(self, file: FileState) -> int | None:
        """Return the row of a readable file, None where there is none."""
        return self.files.index(file) if file in self.files else None

    def digest(self, place: int) -> str:
        """Return the digest of one file."""
        found: bytes = self.digests[place].item()
        return found.decode("ascii")

    def row(self, place: int) -> Row:
        """Return what is known of one file."""
        return Row(self.tiles[place], {name: rows[place] for name, rows in self.vectors.items()})

    def rows(self) -> dict[str, Row]:
        """Return what is known by digest."""
        return {
            digest.decode(): self.row(place) for place, digest in enumerate(self.digests.tolist())
        }


def save_index(cache: Cache, kind: list[Json], index: Index) -> None:
    """Keep an index.

    Args:
        cache: Of the folder.
        kind: Everything that the index depends on, but for the pictures.
        index: Failures that may pass are left out.

    Raises:
        FolderError: The cache cannot be written.
    """
    known = {
        "kind": kind,
        "files": [astuple(file) for file in index.files],
        "versions": index.versions,
        "failures": [astuple(failure) for failure in index.failures if failure.lasting],
    }
    cache.write_arrays(
        _FILE,
        {
            "known": np.frombuffer(json.dumps(known).encode("ascii"), dtype=np.uint8),
            "digests": index.digests,
            "tiles": index.tiles,
            **{f"vectors-{name}": rows for name, rows in index.vectors.items()},
        },
    )


def load_index(cache: Cache, kind: list[Json]) -> Index:
    """Return the kept index, an empty one where there is none of this kind that is whole."""
    arrays = cache.read_arrays(_FILE)
    try:
        return _index(arrays or {}, kind)
    except (KeyError, ValueError, TypeError):
        return Index.of({}, {}, {}, ())


def _index(arrays: Mapping[str, NDArray[Any]], kind: list[Json]) -> Index:
    known = json.loads(arrays["known"].tobytes())
    if known["kind"] != kind:
        raise ValueError("an index of another kind")
    index = Index(
        files=tuple(FileState(*file) for file in known["files"]),
        digests=arrays["digests"],
        tiles=arrays["tiles"],
        vectors={name: arrays[f"vectors-{name}"] for name in known["versions"]},
        versions=known["versions"],
        failures=tuple(
            Failure(FileState(*file), Reason(reason), detail, lasting)
            for file, reason, detail, lasting in known["failures"]
        ),
    )
    lengths = {len(rows) for rows in (index.digests, index.tiles, *index.vectors.values())}
    if lengths != {len(index.files)}:
        raise ValueError("columns of different lengths")
    return index
