"""Reading a folder: only what is not known yet, and each content once."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from iiif_dedup import __version__
from iiif_dedup.errors import ImageError, Reason
from iiif_dedup.library.cache import Cache
from iiif_dedup.library.files import FileState, Seen, picture_files, read_unknown
from iiif_dedup.library.index import Failure, Index, Row, load_index, save_index
from iiif_dedup.process.descriptors import Descriptor, get_descriptor
from iiif_dedup.process.descriptors.parts import describe_parts, parts
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.types import Json

DESCRIPTORS = ("efficientnet_lite0", "colour", "palette")
Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is in all."""

_LAYOUT = 1
"""Of the kept index."""
_CHUNK = 64
_SAVED_EVERY = 16
"""Chunks, so that an interrupted reading of a large folder goes on where it stopped."""


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
    old = load_index(cache, kind)
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
            save_index(cache, kind, update.index())
    index = update.index()
    save_index(cache, kind, index)
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


def describe_query(picture: Seen) -> dict[str, NDArray[np.float32]]:
    """Return by descriptor the vectors of a picture and of its parts, P×D."""
    cut = [parts(picture.pixels)]
    return {
        name: np.concatenate([each.describe([picture.pixels]), describe_parts(each, cut)[0]])
        for name, each in load_descriptors().items()
    }


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

    def add(self, files: Iterable[FileState], read: Iterable[Seen | str | Failure]) -> None:
        """Add files with what was read of them."""
        new: dict[str, Seen] = {}
        for file, result in zip(files, read, strict=True):
            if isinstance(result, Failure):
                self._failures[file] = result
                continue
            if isinstance(result, Seen):
                new[result.digest] = result
            self._files[file] = result.digest if isinstance(result, Seen) else result
        self.rows.update(zip(new, describe(list(new.values())), strict=True))

    def index(self) -> Index:
        """Return the index of all that was added."""
        return Index.of(self._files, self.rows, self._versions, self._failures.values())


def _chunks(files: Sequence[FileState]) -> Iterator[Sequence[FileState]]:
    for start in range(0, len(files), _CHUNK):
        yield files[start : start + _CHUNK]


def _read_all(
    folder: Path, files: Sequence[FileState], max_pixels: int, known: Mapping[str, Row]
) -> list[Seen | str | Failure]:
    """Return what is read of each file, in their order: of known ones the digest alone."""

    def read(file: FileState) -> Seen | str | Failure:
        try:
            return read_unknown(folder / file.path, max_pixels, known)
        except OSError as error:
            return Failure(file, Reason.UNREADABLE_IMAGE, str(error.strerror), lasting=False)
        except ImageError as error:
            return Failure(file, error.reason, str(error), lasting=True)

    with ThreadPoolExecutor(thread_name_prefix="read") as threads:
        return list(threads.map(read, files))
