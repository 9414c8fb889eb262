"""What methods know of pictures, computed once for each file's content and each version."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import ImageError
from iiif_dedup.evaluation.vectors import hsv_vectors
from iiif_dedup.process.decode import decode
from iiif_dedup.process.tiles import PREPROCESSING, tile

MAX_PIXELS = 200_000_000
_CHUNK = 64


class Describer(Protocol):
    """Turns pictures into rows of numbers; a picture descriptor is one."""

    @property
    def name(self) -> str:
        """What methods ask for it by."""

    @property
    def version(self) -> str:
        """Changes whenever the numbers do."""

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[Any]:
        """Return N rows for N pictures, each RGB H×W×3 of any size."""


@dataclass(frozen=True, slots=True)
class TileDescriber:
    """The product's tile of a picture, N×32×32×3."""

    name: str = "tile"
    version: str = PREPROCESSING

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Return the tiles; see `iiif_dedup.process.tiles`."""
        return np.stack([tile(picture) for picture in pictures])


@dataclass(frozen=True, slots=True)
class HsvDescriber:
    """The colours of a picture; see `iiif_dedup.evaluation.vectors.hsv_vectors`."""

    name: str = "hsv"
    version: str = "1"

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return the vectors."""
        return hsv_vectors(pictures)


@dataclass(frozen=True, slots=True)
class Features:
    """The rows of many pictures.

    Attributes:
        rows: The row of each readable file.
        digests: SHA-256 of each file's content.
        arrays: By describer's name, one row a file.
        failures: Why the other files could not be read.
    """

    rows: Mapping[Path, int]
    digests: Mapping[Path, str]
    arrays: Mapping[str, NDArray[Any]]
    failures: Mapping[Path, str]

    def of(self, name: str, paths: Sequence[Path]) -> NDArray[Any]:
        """Return the rows of these files, in their order."""
        return self.arrays[name][[self.rows[path] for path in paths]]


def describe_files(
    paths: Sequence[Path],
    describers: Sequence[Describer],
    cache: Path,
    *,
    advance: Callable[[int], object],
) -> Features:
    """Return what the describers say of each file; what the cache holds is not computed again.

    Args:
        paths: Picture files; a file of the same content is described once.
        describers: With distinct names.
        cache: Folder of one file a describer and version; written also when interrupted.
        advance: Told of every so many files that are done.
    """
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    known = {each.name: _load(_file(cache, each)) for each in describers}
    failures: dict[str, str] = {}
    first = {digest: path for path, digest in reversed(digests.items())}
    missing = [
        (digest, path)
        for digest, path in first.items()
        if any(digest not in rows for rows in known.values())
    ]
    advance(len(paths) - len(missing))
    try:
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            pictures = dict(_decoded(chunk, failures))
            for each in describers:
                new = [digest for digest in pictures if digest not in known[each.name]]
                if new:
                    rows = each.describe([pictures[digest] for digest in new])
                    known[each.name].update(zip(new, rows, strict=True))
            advance(len(chunk))
    finally:
        if missing:
            for each in describers:
                _save(_file(cache, each), known[each.name])
    readable = [path for path in paths if digests[path] not in failures]
    return Features(
        rows={path: row for row, path in enumerate(readable)},
        digests=digests,
        arrays={
            name: np.stack([rows[digests[path]] for path in readable])
            for name, rows in known.items()
        },
        failures={path: failures[digest] for path, digest in digests.items() if digest in failures},
    )


def _decoded(
    chunk: Sequence[tuple[str, Path]], failures: dict[str, str]
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    def read(path: Path) -> NDArray[np.uint8] | ImageError:
        try:
            return decode(path.read_bytes(), max_pixels=MAX_PIXELS).pixels
        except ImageError as error:
            return error

    with ThreadPoolExecutor() as threads:
        results = threads.map(read, [path for _, path in chunk])
        for (digest, _), result in zip(chunk, results, strict=True):
            if isinstance(result, ImageError):
                failures[digest] = str(result)
            else:
                yield digest, result


def _file(cache: Path, describer: Describer) -> Path:
    return cache / (re.sub(r"[^\w.-]+", "_", f"{describer.name}-{describer.version}") + ".npz")


def _load(path: Path) -> dict[str, NDArray[Any]]:
    """Return rows by digest; none where the file is missing or not whole."""
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return dict(zip(arrays["digests"].tolist(), arrays["rows"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


def _save(path: Path, rows: Mapping[str, NDArray[Any]]) -> None:
    if not rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez(file, digests=np.array(list(rows)), rows=np.stack(list(rows.values())))
    temporary.replace(path)
