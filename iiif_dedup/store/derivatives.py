"""Derivatives: a small JPEG of each content.

They are kept so that pictures can be compared and shown without asking the partner again. A
missing one is made again when the source's images are processed the next time.
"""

from __future__ import annotations

from pathlib import Path

from iiif_dedup.store.content_files import ContentFiles


class Derivatives(ContentFiles):
    """The JPEG files of one folder, `ab/cdef….jpg`."""

    def __init__(self, folder: Path) -> None:
        """Name the folder, without touching it."""
        super().__init__(folder, ".jpg")
