"""Derivatives: a small JPEG of each content, as files named by the content's SHA-256.

They are kept so that pictures can be compared and shown without asking the partner again. A
missing one is made again when the source's images are processed the next time.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable
from pathlib import Path

from iiif_dedup.errors import StoreError

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Derivatives:
    """The files of one folder, `ab/cdef….jpg`. Safe between threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Name the folder, without touching it."""
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the derivative of a content is, or would be.

        Args:
            sha256: Of the partner's bytes, as 64 hexadecimal digits.

        Raises:
            StoreError: It is no such digest.
        """
        if not _SHA256.fullmatch(sha256):
            raise StoreError(f"Expected a SHA-256 of 64 hexadecimal digits, got {sha256[:80]!r}.")
        return self._folder / sha256[:2] / f"{sha256[2:]}.jpg"

    def has(self, sha256: str) -> bool:
        """Tell whether there is one. Raises as `path`."""
        return self.path(sha256).is_file()

    def read(self, sha256: str) -> bytes | None:
        """Return the JPEG file, None where there is none. Raises as `path`."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, sha256: str, jpeg: bytes) -> None:
        """Store a JPEG file, whole or not at all. Raises as `path`."""
        path = self.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{uuid.uuid4().hex}")
        try:
            unfinished.write_bytes(jpeg)
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
