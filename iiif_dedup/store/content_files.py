"""Files that are named by the SHA-256 of the content that they were made of.

They are a cache: what is missing is made again from the content. Whoever writes one replaces it
whole or not at all, so any number of processes may share a folder.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable
from pathlib import Path

from iiif_dedup.errors import StoreError

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ContentFiles:
    """The files of one folder, `ab/cdef…` and a suffix. Safe between threads and processes."""

    def __init__(self, folder: Path, suffix: str) -> None:
        """Name the folder, without touching it.

        Args:
            folder: Where the files are.
            suffix: End of their names, with its dot.
        """
        self._folder = folder
        self._suffix = suffix

    def path(self, sha256: str) -> Path:
        """Return where the file of a content is, or would be.

        Args:
            sha256: Of the content, as 64 hexadecimal digits.

        Raises:
            StoreError: It is no such digest.
        """
        if not _SHA256.fullmatch(sha256):
            raise StoreError(f"Expected a SHA-256 of 64 hexadecimal digits, got {sha256[:80]!r}.")
        return self._folder / sha256[:2] / f"{sha256[2:]}{self._suffix}"

    def has(self, sha256: str) -> bool:
        """Tell whether there is one. Raises as `path`."""
        return self.path(sha256).is_file()

    def read(self, sha256: str) -> bytes | None:
        """Return the file, None where there is none. Raises as `path`."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, sha256: str, body: bytes) -> None:
        """Store a file, whole or not at all. Raises as `path`."""
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{uuid.uuid4().hex}")
        try:
            unfinished.write_bytes(body)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)

    def delete(self, sha256s: Iterable[str]) -> int:
        """Delete what there is of these, and return how many files that were. Raises as `path`."""
        return sum(self._delete(self.path(sha256)) for sha256 in sha256s)

    def _delete(self, path: Path) -> bool:
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True
