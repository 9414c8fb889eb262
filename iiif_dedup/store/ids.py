"""Deterministic ids: a restore or a second harvest gives the same rows and URLs."""

from __future__ import annotations

import base64
import hashlib

ID_LENGTH = 20
"""Characters of an id: 100 bits, so that 10⁹ rows collide with a chance below 10⁻¹²."""


def stable_id(*parts: str) -> str:
    """Return the first 20 characters of base32(SHA-256(parts joined by newlines)), lower case.

    Parts before the last must not hold a newline, else two rows could share an id.
    """
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode("ascii")[:ID_LENGTH].lower()


def record_id(source_key: str, identifier: str) -> str:
    """Return the id of the record that `source_key` calls `identifier`."""
    return stable_id(source_key, identifier)


def image_id(record: str, position: int) -> str:
    """Return the id of the image slot at `position` (0-based) of a record."""
    return stable_id(record, str(position))


def image_version_id(image: str, sha256: str) -> str:
    """Return the id of the bytes `sha256` (hex) seen in an image slot."""
    return stable_id(image, sha256)
