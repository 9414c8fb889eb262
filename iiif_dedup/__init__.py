"""Find records of other collections that show the same artefact.

The engine of the service, useful without it: `Folder` finds duplicates in a folder of pictures.
The engine's folders follow the way of the data (`store` → `process` → `search` → `publish`);
`iiif_dedup.pipeline` joins them for the service, `iiif_dedup.library` without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iiif_dedup.library.folder import Folder

__version__ = "0.1.0"
__all__ = ["Folder", "__version__"]


def __getattr__(name: str) -> object:
    """Import `Folder` when it is asked for, so that the service starts without it."""
    if name == "Folder":
        from iiif_dedup.library.folder import Folder  # noqa: PLC0415

        return Folder
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
