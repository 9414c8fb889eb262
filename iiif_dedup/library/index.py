"""What is known of every picture of a folder; computed once for each file's content."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from iiif_dedup import __version__
from iiif_dedup.errors import ImageError, Reason
from iiif_dedup.library.cache import Cache
from iiif_dedup.library.files import Content, FileState, Seen, picture_files, read_picture
from iiif_dedup.process.descriptors import Descriptor, get_descriptor
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.types import TILE_SHAPE, Json

DESCRIPTORS = ("efficientnet_lite0", "colour")
Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is in all."""

_FILE = "index.npz"
_LAYOUT = 1
"""Of the kept file."""
_CHUNK = 64
_SAVED_EVERY = 16
"""Chunks, so that an interrupted reading of a large folder goes on where it stopped."""


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

    def row(self, place: int) -> Row:
        """Return what is known of one file."""
        return Row(self.tiles[place], {name: rows[place] for name, rows in self.vectors.items()})

    def rows(self) -> dict[str, Row]:
        """Return what is known by digest."""
        return {
            digest.decode(): self.row(place) for place, digest in enumerate(self.digests.tolist())
        }


def read_folder(
    folder: Path, cache: Cache, *, max_pixels: int, progress: Progress | None = None
) -> Index:
    """Return the index of a folder, up to date, and keep it.

    A file is known again by its state, else by its content.

    Args:
        folder: The folder of pictures.
        cache: Its cache.
        max_pixels: Pictures with more pixels are refused before decoding.
        progress: Is told of the pictures that were not known.

    Raises:
        FolderError: The folder cannot be read, or the cache cannot be written.
    """
    kind: list[Json] = [
        _LAYOUT,
        __version__,
        PREPROCESSING,
        *DESCRIPTORS,
        os.fspath(folder.resolve()),
    ]
    old = _load(cache, kind)
    present = picture_files(folder)
    update = _Update(old, present)
    missing = update.missing(present)
    if missing:
        versions = {name: each.version for name, each in load_descriptors().items()}
        if versions != old.versions:
            update = _Update(Index.of({}, {}, versions, ()), present)
            missing = update.missing(present)
    elif update.is_all_of(old):
        return old
    for number, chunk in enumerate(_chunks(missing), start=1):
        update.add(chunk, _read_all(folder, chunk, max_pixels, update.rows))
        if progress is not None:
            progress("Reading pictures", min(number * _CHUNK, len(missing)), len(missing))
        if number % _SAVED_EVERY == 0:
            _save(cache, kind, update.index())
    index = update.index()
    _save(cache, kind, index)
    return index


@functools.cache
def load_descriptors() -> Mapping[str, Descriptor]:
    """Return the descriptors by name, loaded once."""
    return {name: get_descriptor(name) for name in DESCRIPTORS}


def describe(pictures: Sequence[Seen]) -> list[Row]:
    """Return what is known of pictures once they are described, in their order."""
    pixels = [picture.pixels for picture in pictures]
    vectors = {
        name: each.describe(pixels).astype(np.float16) for name, each in load_descriptors().items()
    }
    return [
        Row(picture.tile, {name: rows[place] for name, rows in vectors.items()})
        for place, picture in enumerate(pictures)
    ]


class _Update:
    """An index that becomes that of the files that are there now."""

    def __init__(self, old: Index, present: Iterable[FileState]) -> None:
        there = frozenset(present)
        digests = (digest.decode() for digest in old.digests.tolist())
        self.rows = old.rows()
        self._versions = old.versions
        self._files = {
            file: digest for file, digest in zip(old.files, digests, strict=True) if file in there
        }
        self._failures = {one.file: one for one in old.failures if one.file in there}

    def missing(self, present: Iterable[FileState]) -> list[FileState]:
        """Return the files that nothing is known of."""
        return [file for file in present if file not in self._files and file not in self._failures]

    def is_all_of(self, old: Index) -> bool:
        """Tell whether every file of the old index is still there."""
        return len(self._files) == len(old.files) and len(self._failures) == len(old.failures)

    def add(self, files: Iterable[FileState], read: Iterable[Content | Failure]) -> None:
        """Add files with what was read of them."""
        new: dict[str, Seen] = {}
        for file, result in zip(files, read, strict=True):
            if isinstance(result, Failure):
                self._failures[file] = result
                continue
            self._files[file] = result.digest
            if result.seen is not None:
                new[result.digest] = result.seen
        self.rows.update(zip(new, describe(list(new.values())), strict=True))

    def index(self) -> Index:
        """Return the index of all that was added."""
        return Index.of(self._files, self.rows, self._versions, self._failures.values())


def _chunks(files: Sequence[FileState]) -> Iterator[Sequence[FileState]]:
    for start in range(0, len(files), _CHUNK):
        yield files[start : start + _CHUNK]


def _read_all(
    folder: Path, files: Sequence[FileState], max_pixels: int, known: Mapping[str, Row]
) -> list[Content | Failure]:
    """Return what is read of each file, in their order."""

    def read(file: FileState) -> Content | Failure:
        try:
            return read_picture(folder / file.path, max_pixels, known)
        except OSError as error:
            return Failure(file, Reason.UNREADABLE_IMAGE, str(error.strerror), lasting=False)
        except ImageError as error:
            return Failure(file, error.reason, str(error), lasting=True)

    with ThreadPoolExecutor(thread_name_prefix="read") as threads:
        return list(threads.map(read, files))


def _save(cache: Cache, kind: list[Json], index: Index) -> None:
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


def _load(cache: Cache, kind: list[Json]) -> Index:
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
