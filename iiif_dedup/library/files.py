"""Which files of a folder are pictures, and what is read of one."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import FolderError, ImageError, Reason
from iiif_dedup.process.decode import decode
from iiif_dedup.process.reduced import reduced
from iiif_dedup.process.tiles import tile

MAX_BYTES = 512 * 2**20


_PICTURE = re.compile(
    r"\.(avif|bmp|gif|hei[cf]|j2[ck]|jfif|jp(2|[cefgx]|eg)|png|tiff?|webp)$", re.IGNORECASE
)
"""Names of pictures, also of kinds that cannot be read, so that they are listed as such."""


@dataclass(frozen=True, slots=True)
class FileState:
    """By what a file is known again without reading it.

    Attributes:
        path: Relative to the folder.
        size: In bytes; -1 where the file system does not tell.
        mtime_ns: When it was changed, in nanoseconds; -1 likewise.
    """

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen of a picture.

    Attributes:
        digest: SHA-256 of the file, 64 hexadecimal digits.
        tile: See `iiif_dedup.process.tiles`.
        pixels: RGB; see `iiif_dedup.process.reduced`.
    """

    digest: str
    tile: NDArray[np.uint8]
    pixels: NDArray[np.uint8]


def picture_files(folder: Path) -> list[FileState]:
    """Return the picture files in a folder and below, by their names, in order of their paths.

    Hidden files and folders are passed over, and links to folders are not followed.

    Raises:
        FolderError: There is no such folder, or it cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise FolderError(
            f"The folder {shown(error.filename)} cannot be read: {error.strerror}. Name a folder "
            "of pictures that you may read."
        )

    names: list[str] = []
    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names += [
            os.path.relpath(os.path.join(parent, name), folder)
            for name in files
            if not name.startswith(".") and _PICTURE.search(name)
        ]
    return [file_state(folder, name) for name in sorted(names)]


def file_state(folder: Path, name: str) -> FileState:
    """Return the state of one file; without size and time where the file cannot be asked."""
    try:
        found = (folder / name).stat()
    except OSError:
        return FileState(name, -1, -1)
    return FileState(name, found.st_size, found.st_mtime_ns)


def read_picture(path: Path, max_pixels: int) -> Seen:
    """Return what is seen of a picture file.

    Args:
        path: The file.
        max_pixels: Pictures with more pixels are refused before decoding.

    Raises:
        OSError: The file cannot be read.
        ImageError: It is no searchable picture.
    """
    body = _read(path)
    return _seen(body, hashlib.sha256(body).hexdigest(), max_pixels)


def read_unknown(path: Path, max_pixels: int, known: Container[str]) -> Seen | str:
    """Return the digest of a file alone where that is known, else as `read_picture`."""
    body = _read(path)
    digest = hashlib.sha256(body).hexdigest()
    if digest in known:
        return digest
    return _seen(body, digest, max_pixels)


def shown(path: str | Path) -> str:
    """Return a path as it can be shown: what no text may hold is replaced."""
    text = os.fspath(path).encode("utf-8", "replace").decode("utf-8")
    return "".join(_printable(text))


def _printable(text: str) -> Iterator[str]:
    for character in text:
        yield character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def _read(path: Path) -> bytes:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "It is no regular file")
    if found.st_size > MAX_BYTES:
        raise ImageError(
            Reason.TOO_LARGE,
            f"The file has {found.st_size} bytes; at most {MAX_BYTES} are read. Shrink it.",
        )
    return path.read_bytes()


def _seen(body: bytes, digest: str, max_pixels: int) -> Seen:
    picture = decode(body, max_pixels=max_pixels)
    return Seen(digest, tile(picture.pixels), reduced(picture.pixels))
