"""Publish a folder of pictures: `records.json` beside them says what they show.

    [{"id": "...", "title": "...", "images": ["images/a.jpg", ...],
      "collection": "...", "metadata": {"date": "...", ...}}, ...]

`collection` and `metadata` may be absent. A path that leaves the folder is refused, and nothing
but JPEG and PNG is published.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord, record_path
from iiif_dedup.errors import IiifDedupError

RIGHTS: Final = "http://rightsstatements.org/vocab/UND/1.0/"
"""What is said of pictures whose folder states no rights: undetermined."""

_MEDIA_TYPES: Final = {"JPEG": "image/jpeg", "PNG": "image/png"}
_MAX_RECORDS_BYTES: Final = 256 * 2**20


class FolderError(IiifDedupError):
    """A folder cannot be published; the message says which record or file is at fault."""


@dataclass(frozen=True, slots=True)
class FileSource:
    """A picture file, served as it is."""

    path: Path
    width: int
    height: int
    media_type: str

    @property
    def cache_name(self) -> None:
        """Reading the file is as cheap as a cache."""
        return

    def read(self) -> bytes:
        """Return the file's bytes."""
        return self.path.read_bytes()


class _FolderRecord(BaseModel):
    """One entry of records.json; unknown keys are left alone."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1)
    title: str
    images: list[str] = Field(min_length=1)
    collection: str = "Collection"
    metadata: dict[str, Any] = {}


def folder_dataset(folder: Path, *, split: Literal["views"] | None = None) -> Dataset:
    """Return what `folder` publishes, one collection per `collection` value.

    Args:
        folder: Holds records.json and the pictures.
        split: "views" deals each record's pictures to two collections in turn, "…-a" and
            "…-b"; a record with two pictures or more then becomes a pair of the truth.

    Raises:
        FolderError: records.json or a picture cannot be read, or a path leaves the folder.
    """
    root = folder.resolve()
    collections: dict[str, list[DemoRecord]] = defaultdict(list)
    pairs: list[tuple[str, str]] = []
    record_keys, collection_keys = _Keys(), _Keys()
    for entry in _read_records(root):
        key = record_keys.of(entry.id)
        sources = [_source(root, entry.id, name) for name in entry.images]
        deals = _deal(entry.collection, sources, split)
        for title, dealt in deals:
            collections[title].append(_record(entry, key, dealt))
        if len(deals) == 2:
            first, second = (record_path(collection_keys.of(title), key) for title, _ in deals)
            pairs.append((first, second))
    return Dataset(
        collections=tuple(
            _collection(collection_keys.of(title), title, records)
            for title, records in collections.items()
        ),
        pairs=tuple(pairs),
        lookalikes=(),
    )


class _Keys:
    """Gives every name one key that is safe in a URL path, and no key to two names."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        # "images" and document names would hide behind the server's own paths.
        self._taken = {"", "images"}

    def of(self, name: str) -> str:
        if name not in self._keys:
            ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
            stem = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60]
            key, number = stem, 1
            while key in self._taken:
                number += 1
                key = f"{stem or 'record'}-{number}"
            self._taken.add(key)
            self._keys[name] = key
        return self._keys[name]


def _deal(
    collection: str, sources: list[FileSource], split: Literal["views"] | None
) -> list[tuple[str, list[FileSource]]]:
    """Return the collections a record goes to, each with its share of the pictures."""
    if split is None:
        return [(collection, sources)]
    shares = [(f"{collection}-a", sources[0::2]), (f"{collection}-b", sources[1::2])]
    return [(title, share) for title, share in shares if share]


def _read_records(root: Path) -> list[_FolderRecord]:
    path = root / "records.json"
    try:
        if path.stat().st_size > _MAX_RECORDS_BYTES:
            raise FolderError(
                f"{path} is larger than {_MAX_RECORDS_BYTES} bytes; split the folder."
            )
        records = TypeAdapter(list[_FolderRecord]).validate_json(path.read_bytes())
    except OSError as error:
        raise FolderError(
            f"{path} cannot be read: {error}. Name a folder that holds one."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FolderError(
            f"{path} must be a list of records with id, title and images; at {where!r}: "
            f"{first['msg']}."
        ) from None
    counts = Counter(record.id for record in records)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise FolderError(f"{path} has more than one record with the id {twice[0]!r}.")
    return records


def _source(root: Path, record: str, name: str) -> FileSource:
    """Return the picture `name` of the folder `root`, having read its header only."""
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError) as error:
        raise FolderError(f"Record {record!r} names {name!r}, which is not there.") from error
    if not path.is_relative_to(root):
        raise FolderError(
            f"Record {record!r} names {name!r}, which is outside the folder; keep pictures in it."
        )
    try:
        with Image.open(path, formats=list(_MEDIA_TYPES)) as picture:
            media_type = _MEDIA_TYPES[picture.format or ""]
            return FileSource(path, picture.width, picture.height, media_type)
    except (OSError, Image.DecompressionBombError, KeyError) as error:
        raise FolderError(
            f"Record {record!r} names {name!r}, which is no JPEG or PNG that can be published: "
            f"{error}."
        ) from error


def _record(entry: _FolderRecord, key: str, sources: list[FileSource]) -> DemoRecord:
    metadata = [("Identifier", entry.id)]
    metadata += [
        (name.replace("_", " ").capitalize(), str(v)) for name, v in entry.metadata.items()
    ]
    return DemoRecord(
        key=key,
        titles={"none": (entry.title,)},
        metadata=tuple(({"en": (label,)}, {"none": (value,)}) for label, value in metadata),
        images=tuple(
            DemoImage(f"{key}-{position}", f"Picture {position}", source)
            for position, source in enumerate(sources, start=1)
        ),
    )


def _collection(key: str, title: str, records: list[DemoRecord]) -> DemoCollection:
    return DemoCollection(
        key=key,
        titles={"none": (title,)},
        provider=title,
        rights=RIGHTS,
        attribution=title,
        records=tuple(records),
    )
