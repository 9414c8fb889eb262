"""What a partner server publishes: collections, records, pictures, and the truth about them.

A dataset is pure description: pictures are read or rendered when somebody asks for them, so
that a server with hundreds of pictures starts at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

LanguageMap = Mapping[str, tuple[str, ...]]


class ImageSource(Protocol):
    """Where the bytes of one picture come from; hashable, and picklable for worker processes."""

    @property
    def width(self) -> int:
        """Width in pixels, known without reading the picture."""

    @property
    def height(self) -> int:
        """Height in pixels, known without reading the picture."""

    @property
    def media_type(self) -> str:
        """Media type of what `read` returns, such as "image/jpeg"."""

    @property
    def cache_name(self) -> str | None:
        """Name for a cache file; None when reading is as cheap as a cache."""

    def read(self) -> bytes:
        """Return the encoded picture."""


@dataclass(frozen=True, slots=True)
class DemoImage:
    """One picture of a record.

    Attributes:
        key: Identifier within the collection, safe in a URL path.
        label: What the picture shows, in English.
        source: Where its bytes come from.
    """

    key: str
    label: str
    source: ImageSource


@dataclass(frozen=True, slots=True)
class DemoRecord:
    """One record of a partner collection.

    Attributes:
        key: Identifier within the collection, safe in a URL path.
        titles: Titles by language tag.
        metadata: (label, value) pairs, each by language tag.
        images: The pictures in order, at least one.
    """

    key: str
    titles: LanguageMap
    metadata: tuple[tuple[LanguageMap, LanguageMap], ...]
    images: tuple[DemoImage, ...]


@dataclass(frozen=True, slots=True)
class DemoCollection:
    """One partner's collection.

    Attributes:
        key: Identifier, safe in a URL path.
        titles: Titles by language tag.
        provider: Name of the institution.
        rights: URI of the rights statement that holds for all records.
        attribution: Text that must be shown with every record.
        records: The records in order.
    """

    key: str
    titles: LanguageMap
    provider: str
    rights: str
    attribution: str
    records: tuple[DemoRecord, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Everything that one partner server publishes, and the truth about it.

    Attributes:
        collections: The partners' collections.
        pairs: Record paths ("/collection/record") of two records that show one artefact.
        lookalikes: (record, look-alike): two artefacts of one workshop, *not* one artefact.
    """

    collections: tuple[DemoCollection, ...]
    pairs: tuple[tuple[str, str], ...]
    lookalikes: tuple[tuple[str, str], ...]

    def truth(self) -> dict[str, list[list[str]]]:
        """Return pairs and look-alikes as lists of manifest URL paths, ready for JSON."""
        return {
            "pairs": [[manifest_path(path) for path in pair] for pair in self.pairs],
            "lookalikes": [[manifest_path(path) for path in pair] for pair in self.lookalikes],
        }


def record_path(collection: str, record: str) -> str:
    """Return the URL path of a record's page."""
    return f"/{collection}/{record}"


def manifest_path(path: str) -> str:
    """Return the URL path of the manifest of the record at `path`."""
    return f"{path}/manifest.json"
