"""Text from partners as both databases can hold it."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return `text` without what PostgreSQL refuses: NULs are dropped, lone surrogates become ?."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
