"""Taking a source down, as the API and the commands do it."""

from __future__ import annotations

from dataclasses import asdict

from api.context import Service
from iiif_dedup.store import removal
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.removal import RemovalCounts


def remove(parts: Service, key: str, *, purge: bool) -> dict[str, int]:
    """Take a source down, and return what was concerned; see `store.removal.remove`."""
    kept = Derivatives(parts.settings.derivatives_folder)
    with parts.database.write() as session:
        counts = removal.remove(session, key, purge=purge, derivatives=kept)
    return numbers(counts)


def numbers(counts: RemovalCounts) -> dict[str, int]:
    """Return the numbers by name."""
    return asdict(counts)
