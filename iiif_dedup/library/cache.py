"""Where a folder's results are kept: outside the pictures, written whole or not at all.

Nothing in it is needed: what is missing, broken or of another version is computed again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.errors import FolderError
from iiif_dedup.library.files import shown

ENCODER = "encoder.safetensors"
_ANSWERS = "answers"


class Cache:
    """The kept results of one folder of pictures."""

    def __init__(self, pictures: Path, folder: Path | None = None) -> None:
        """Name the place, without touching it.

        Args:
            pictures: The folder of pictures.
            folder: Where to keep them; a folder of its own in the user's cache when None.
        """
        self.folder = folder or _default(pictures)

    def read_arrays(self, name: str) -> dict[str, NDArray[Any]] | None:
        """Return the arrays of a file; None where it is missing or not whole."""
        try:
            # Opened here, since numpy leaves a broken file open.
            with (self.folder / name).open("rb") as file:
                arrays = np.load(file, allow_pickle=False)
                return {key: arrays[key] for key in arrays.files}
        except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile):
            return None

    def write_arrays(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays to a file; see `write`."""
        body = io.BytesIO()
        np.savez(body, allow_pickle=False, **arrays)
        self.write(name, body.getvalue())

    def read(self, name: str) -> bytes | None:
        """Return a file; None where it is missing."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, body: bytes) -> None:
        """Write a file, or replace it at once.

        Raises:
            FolderError: It cannot be written.
        """
        write_whole(self.folder / name, body)

    def answer(self, identity: str, question: str) -> Any | None:
        """Return what was answered to a question about the same pictures, as JSON; else None."""
        body = self.read(f"{_ANSWERS}/{identity}/{_hash(question)}.json")
        try:
            return None if body is None else json.loads(body)
        except ValueError:
            return None

    def keep_answer(self, identity: str, question: str, answer: Mapping[str, object]) -> None:
        """Keep an answer, and forget those about other pictures or by another encoder."""
        self.write(
            f"{_ANSWERS}/{identity}/{_hash(question)}.json", json.dumps(answer).encode("ascii")
        )
        for other in (self.folder / _ANSWERS).iterdir():
            if other.name != identity:
                shutil.rmtree(other, ignore_errors=True)


def write_whole(path: Path, body: bytes) -> None:
    """Write a file, or replace it at once.

    Raises:
        FolderError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{uuid.uuid4().hex}.part")
        with temporary.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise FolderError(
            f"{shown(path)} cannot be written: {error.strerror}. Free space there, or name "
            "another place."
        ) from error


def _default(pictures: Path) -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    base = Path(home) if home and Path(home).is_absolute() else Path.home() / ".cache"
    return base / "iiif_dedup" / _hash(os.fspath(pictures.resolve()))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:20]
