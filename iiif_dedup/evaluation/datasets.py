"""Folders of pictures with truth: which of them show one thing.

A data folder holds one folder a set. Its truth is written in one of the shapes that public sets
come in, each beside its pictures:

- `truth.json`, a list of `{"file", "group" or "object"}`: pictures of one group show one thing; a
  picture with neither key has no partner.
- `truth.json`, an object with `catalogue` (`{"id", "file"}`), `queries` (`{"file", "set",
  "matches"}`, photographs that are not in the catalogue; no matches: of something that is not in
  it) and `catalogue_pairs` (`{"a", "b", "same"}`, two entries that are one work, or only look so).
- `records.json`, a list of `{"id", "images"}`: pictures of one record show one thing;
  `same_file_as` in a record or its `metadata` names another record with the same picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

TRUTH, RECORDS = "truth.json", "records.json"

QUERY_SETS: Mapping[str, str] = {
    "qsd1_w1": "museum_plain",
    "qsd2_w3": "museum_framed",
    "qsd1_w4": "museum_framed_unknown",
}
"""What the query sets of the museum's paintings are called in tables."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture file and what it shows.

    Attributes:
        path: The file.
        objects: Names of the things it shows, each "set/thing"; pictures that share one are
            partners. A photograph of nothing that is in the catalogue has none.
    """

    path: Path
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PictureSet:
    """One set of a data folder.

    Attributes:
        name: The folder's name.
        catalogue: Pictures that are searched.
        photographs: Query pictures that are not in the catalogue, by the name of their query set.
    """

    name: str
    catalogue: tuple[LabelledPicture, ...]
    photographs: Mapping[str, tuple[LabelledPicture, ...]] = field(default_factory=dict)


class DataFolder(NamedTuple):
    """What could be read of a data folder, and a sentence on each thing that could not."""

    sets: tuple[PictureSet, ...]
    skipped: tuple[str, ...]


def read_data_folder(folder: Path) -> DataFolder:
    """Return every set of a data folder in the order of their names.

    Args:
        folder: Holds one folder a set, each with `records.json` or `truth.json`.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    sets: list[PictureSet] = []
    skipped: list[str] = []
    for each in sorted(path for path in folder.iterdir() if path.is_dir()):
        found = read_one_set(each)
        sets += found.sets
        skipped += found.skipped
    return DataFolder(tuple(sets), tuple(skipped))


def read_one_set(folder: Path) -> DataFolder:
    """Return the one set of a folder that holds `records.json` or `truth.json`, or none."""
    try:
        found = _read_set(folder)
    except (OSError, ValueError) as error:
        return DataFolder((), (f"{folder.name}: {_first_line(error)}",))
    absent = _absent(folder, found)
    reasons = tuple(f"{path}: no such file within the set" for path in absent)
    return DataFolder((without(found, absent),), reasons)


def without(pictures: PictureSet, paths: Iterable[Path]) -> PictureSet:
    """Return the set without some of its files."""
    gone = set(paths)

    def left(items: Iterable[LabelledPicture]) -> tuple[LabelledPicture, ...]:
        return tuple(item for item in items if item.path not in gone)

    return PictureSet(
        pictures.name,
        left(pictures.catalogue),
        {name: left(items) for name, items in pictures.photographs.items()},
    )


def all_pictures(pictures: PictureSet) -> Iterator[LabelledPicture]:
    """Yield the catalogue, then the photographs of each query set."""
    yield from pictures.catalogue
    for photographs in pictures.photographs.values():
        yield from photographs


class _Labelled(BaseModel):
    file: str
    group: int | str | None = None
    object: int | str | None = None


class _Entry(BaseModel):
    id: str
    file: str


class _Query(BaseModel):
    file: str
    set: str
    matches: list[str]


class _Pair(BaseModel):
    a: str
    b: str
    same: bool


class _Catalogue(BaseModel):
    catalogue: list[_Entry]
    queries: list[_Query]
    catalogue_pairs: list[_Pair] = []


class _Metadata(BaseModel):
    same_file_as: str | None = None


class _Record(BaseModel):
    id: str
    images: list[str]
    same_file_as: str | None = None
    metadata: _Metadata = Field(default_factory=_Metadata)


_TRUTH: TypeAdapter[list[_Labelled] | _Catalogue] = TypeAdapter(list[_Labelled] | _Catalogue)
_RECORDS = TypeAdapter(list[_Record])


def _read_set(folder: Path) -> PictureSet:
    if (folder / TRUTH).is_file():
        truth = _TRUTH.validate_json((folder / TRUTH).read_bytes())
        if isinstance(truth, _Catalogue):
            return _from_catalogue(folder, truth)
        return _from_labels(folder, truth)
    if (folder / RECORDS).is_file():
        return _from_records(folder, _RECORDS.validate_json((folder / RECORDS).read_bytes()))
    raise ValueError(f"holds neither {TRUTH} nor {RECORDS}")


def _from_labels(folder: Path, labels: list[_Labelled]) -> PictureSet:
    def thing(label: _Labelled) -> str:
        name = label.group if label.group is not None else label.object
        return f"{folder.name}/{label.file if name is None else name}"

    return PictureSet(
        folder.name, tuple(LabelledPicture(folder / one.file, (thing(one),)) for one in labels)
    )


def _from_records(folder: Path, records: list[_Record]) -> PictureSet:
    one = _Names((record.id, _double(record)) for record in records)
    return PictureSet(
        folder.name,
        tuple(
            LabelledPicture(folder / file, (f"{folder.name}/{one[record.id]}",))
            for record in records
            for file in record.images
        ),
    )


def _double(record: _Record) -> str:
    return record.same_file_as or record.metadata.same_file_as or record.id


def _from_catalogue(folder: Path, truth: _Catalogue) -> PictureSet:
    one = _Names((pair.a, pair.b) for pair in truth.catalogue_pairs if pair.same)
    photographs: dict[str, list[LabelledPicture]] = {}
    for query in truth.queries:
        things = dict.fromkeys(f"{folder.name}/{one[match]}" for match in query.matches)
        name = QUERY_SETS.get(query.set, f"{folder.name}_{query.set}")
        photographs.setdefault(name, []).append(LabelledPicture(folder / query.file, tuple(things)))
    return PictureSet(
        folder.name,
        tuple(
            LabelledPicture(folder / entry.file, (f"{folder.name}/{one[entry.id]}",))
            for entry in truth.catalogue
        ),
        {name: tuple(pictures) for name, pictures in photographs.items()},
    )


class _Names:
    """One name for all that were said to be the same."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._other: dict[str, str] = {}
        for a, b in pairs:
            first, second = self[a], self[b]
            if first != second:
                self._other[second] = first

    def __getitem__(self, name: str) -> str:
        while name in self._other:
            name = self._other[name]
        return name


def _absent(folder: Path, pictures: PictureSet) -> list[Path]:
    """Return what is no file within the folder, wherever its name leads."""
    root = folder.resolve()
    return [
        one.path
        for one in all_pictures(pictures)
        if not (one.path.resolve().is_relative_to(root) and one.path.is_file())
    ]


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{error.error_count()} things are not as expected, first {place}: {first['msg']}"
    return str(error)
