"""What methods know of pictures, computed once for each picture and each version."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.errors import ImageError
from iiif_dedup.evaluation.vectors import hsv_vectors
from iiif_dedup.process.decode import decode
from iiif_dedup.process.descriptors import Descriptor
from iiif_dedup.process.descriptors.parts import (
    MOST_PARTS,
    describe_parts,
    parts,
    version_of_parts,
)
from iiif_dedup.process.tiles import PREPROCESSING, tile

MAX_PIXELS = 200_000_000
_CHUNK = 64
_SAVE_EVERY = 1024
"""Pictures after which the cache is written, so that a kill costs little."""
_SQUEEZED_SIDE = 32

Pixels: TypeAlias = NDArray[np.uint8]
"""A picture, RGB H×W×3 of any size."""
Load: TypeAlias = Callable[[], Pixels]
"""Gives a picture when it is needed, or raises an ImageError."""


class Describer(Protocol):
    """Turns pictures into rows of numbers; a picture descriptor is one."""

    @property
    def name(self) -> str:
        """What methods ask for it by."""

    @property
    def version(self) -> str:
        """Changes whenever the numbers do."""

    def describe(self, pictures: Sequence[Pixels]) -> NDArray[Any]:
        """Return one row for each picture, N of them."""


@dataclass(frozen=True, slots=True)
class TileDescriber:
    """The product's tile of a picture, N×32×32×3."""

    name: str = "tile"
    version: str = PREPROCESSING

    def describe(self, pictures: Sequence[Pixels]) -> NDArray[np.uint8]:
        """Return the tiles; see `iiif_dedup.process.tiles`."""
        return np.stack([tile(picture) for picture in pictures])


@dataclass(frozen=True, slots=True)
class SqueezedDescriber:
    """The whole picture averaged over areas, N×32×32×3: what plain fingerprints are taken of."""

    name: str = "squeezed"
    version: str = "1"

    def describe(self, pictures: Sequence[Pixels]) -> NDArray[np.uint8]:
        """Return the squeezed pictures."""
        size = (_SQUEEZED_SIDE, _SQUEEZED_SIDE)
        images = (Image.fromarray(picture) for picture in pictures)
        return np.stack([np.asarray(image.resize(size, Image.Resampling.BOX)) for image in images])


@dataclass(frozen=True, slots=True)
class HsvDescriber:
    """The colours of a picture; see `iiif_dedup.evaluation.vectors.hsv_vectors`."""

    name: str = "hsv"
    version: str = "1"

    def describe(self, pictures: Sequence[Pixels]) -> NDArray[np.float32]:
        """Return the vectors."""
        return hsv_vectors(pictures)


@dataclass(frozen=True, slots=True)
class Features:
    """The rows of many pictures.

    Attributes:
        rows: By picture, its row in every array; without the pictures that failed.
        arrays: By describer's name, one row a picture.
        failures: By picture, why it could not be read.
    """

    rows: Mapping[str, int]
    arrays: Mapping[str, NDArray[Any]]
    failures: Mapping[str, str]

    def of(self, pictures: Sequence[str]) -> dict[str, NDArray[Any]]:
        """Return by describer's name the rows of these pictures, in their order."""
        chosen = [self.rows[picture] for picture in pictures]
        return {name: array[chosen] for name, array in self.arrays.items()}


class PartsDescriber:
    """A descriptor's vectors of the parts of a picture, N×5×D; where there are fewer, the first."""

    def __init__(self, descriptor: Descriptor) -> None:
        self.name = parts_name(descriptor.name)
        self.version = version_of_parts(descriptor.version)
        self._descriptor = descriptor

    def describe(self, pictures: Sequence[Pixels]) -> NDArray[np.float32]:
        """See `Describer`."""
        found = []
        for vectors in describe_parts(self._descriptor, [parts(picture) for picture in pictures]):
            missing = MOST_PARTS - len(vectors)
            found.append(np.concatenate([vectors, np.repeat(vectors[:1], missing, axis=0)]))
        return np.stack(found)


def parts_name(descriptor: str) -> str:
    """Return the name of the describer of a picture's parts."""
    return f"{descriptor}_parts"


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def decoded(path: Path) -> Pixels:
    """Return the picture in a file.

    Raises:
        ImageError: There is none that can be read.
    """
    return decode(path.read_bytes(), max_pixels=MAX_PIXELS).pixels


def describe_files(
    digests: Mapping[Path, str],
    describers: Sequence[Describer],
    cache: Path,
    *,
    advance: Callable[[int], object],
) -> Features:
    """Return what the describers say of files, by their digest; see `describe_pictures`."""
    pictures = {digest: partial(decoded, path) for path, digest in digests.items()}
    return describe_pictures(pictures, describers, cache, advance=advance)


def describe_pictures(
    pictures: Mapping[str, Load],
    describers: Sequence[Describer],
    cache: Path,
    *,
    advance: Callable[[int], object],
) -> Features:
    """Return what the describers say of pictures; what the cache holds is not computed again.

    Args:
        pictures: By a name that says what it shows to the last pixel.
        describers: With distinct names.
        cache: Folder of one file a describer and version; written also when interrupted.
        advance: Told of every so many pictures that are done.
    """
    known = {each.name: _load(_file(cache, each)) for each in describers}
    failures: dict[str, str] = {}
    missing = [
        (name, load)
        for name, load in pictures.items()
        if any(name not in rows for rows in known.values())
    ]
    advance(len(pictures) - len(missing))

    def save() -> None:
        for each in describers:
            _save(_file(cache, each), known[each.name])

    try:
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            loaded = dict(_loaded(chunk, failures))
            for each in describers:
                new = [name for name in loaded if name not in known[each.name]]
                if new:
                    rows = each.describe([loaded[name] for name in new])
                    known[each.name].update(zip(new, rows, strict=True))
            advance(len(chunk))
            if (start + _CHUNK) % _SAVE_EVERY == 0:
                save()
    finally:
        if missing:
            save()
    readable = [name for name in pictures if name not in failures]
    return Features(
        rows={name: row for row, name in enumerate(readable)},
        arrays={
            describer: np.stack([rows[name] for name in readable])
            for describer, rows in known.items()
        },
        failures=failures,
    )


def _loaded(
    chunk: Sequence[tuple[str, Load]], failures: dict[str, str]
) -> Iterator[tuple[str, Pixels]]:
    def read(load: Load) -> Pixels | ImageError:
        try:
            return load()
        except ImageError as error:
            return error

    with ThreadPoolExecutor() as threads:
        results = threads.map(read, [load for _, load in chunk])
        for (name, _), result in zip(chunk, results, strict=True):
            if isinstance(result, ImageError):
                failures[name] = str(result)
            else:
                yield name, result


def _file(cache: Path, describer: Describer) -> Path:
    return cache / (re.sub(r"[^\w.-]+", "_", f"{describer.name}-{describer.version}") + ".npz")


def _load(path: Path) -> dict[str, NDArray[Any]]:
    """Return rows by picture; none where the file is missing or not whole."""
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return dict(zip(arrays["pictures"].tolist(), arrays["rows"], strict=True))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}


def _save(path: Path, rows: Mapping[str, NDArray[Any]]) -> None:
    if not rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez(file, pictures=np.array(list(rows)), rows=np.stack(list(rows.values())))
    temporary.replace(path)
