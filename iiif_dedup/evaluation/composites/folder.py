"""Composites as a set of a data folder: a catalogue, query photographs, and their truth.

The truth has the shape of a catalogue with query photographs
(`iiif_dedup.evaluation.datasets`); each query has besides:

- `outlines`, one for each of its `matches` in their order: four corners [x, y] as shares of the
  photograph's width and height, from the picture's upper left one with the clock;
- `unknown`, 1 where it shows a picture that was held out of the catalogue, else 0.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import overload

import numpy as np
from PIL import Image

from iiif_dedup.evaluation.composites.compose import (
    VERSION,
    Composite,
    Kind,
    Pixels,
    compose,
    generator,
)
from iiif_dedup.evaluation.datasets import RECORDS, TRUTH, read_one_set
from iiif_dedup.evaluation.features import decoded
from iiif_dedup.types import Json

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})
_QUALITY = 95
_KEPT = 256
"""Decoded pictures that are kept at a time."""


def one_picture_a_thing(folder: Path) -> Mapping[str, Path]:
    """Return files by identifier, of a set with truth one for each thing.

    Two pictures of one thing would make the truth doubtful: a composite of the first shows the
    second as well. In a folder without truth each picture is its own thing.

    Raises:
        ValueError: The truth is in none of the known shapes.
    """
    if any((folder / name).is_file() for name in (TRUTH, RECORDS)):
        found = read_one_set(folder)
        if not found.sets:
            raise ValueError("; ".join(found.skipped))
        catalogue = reversed(found.sets[0].catalogue)
        paths = sorted({picture.objects[0]: picture.path for picture in catalogue}.values())
    else:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return {
        "-".join((folder.name, *path.relative_to(folder).with_suffix("").parts)): path
        for path in paths
    }


def write_folder(
    out: Path,
    pictures: Mapping[str, Path],
    *,
    kinds: Sequence[Kind],
    count: int,
    held_out: float,
    seed: int,
    advance: Callable[[], object],
) -> None:
    """Write a set of composites into an empty or new folder; `truth.json` comes last.

    Args:
        out: Gets `catalogue/`, `queries/KIND/` and `truth.json`.
        pictures: Files by identifier, each of another thing.
        kinds: Of the composites.
        count: Composites of each kind.
        held_out: Share of the pictures that is not in the catalogue and that unknown ones show.
        seed: Of everything that is drawn.
        advance: Told of every composite that is done.

    Raises:
        FileExistsError: There is something in the folder.
        ValueError: There are too few pictures.
        ImageError: A picture cannot be read.
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; name a new folder or empty this one.")
    drawn = np.random.default_rng(seed).permutation(sorted(pictures)).tolist()
    away = round(held_out * len(drawn))
    absent, present = sorted(drawn[:away]), sorted(drawn[away:])
    (out / "catalogue").mkdir(parents=True)
    catalogue: list[Json] = []
    for name in present:
        file = f"catalogue/{name}{pictures[name].suffix}"
        shutil.copyfile(pictures[name], out / file)
        catalogue.append({"id": name, "file": file})
    queries: list[Json] = []
    for kind in kinds:
        names = absent if kind is Kind.UNKNOWN else present
        shown = _Files([pictures[name] for name in names])
        (out / "queries" / kind).mkdir(parents=True)
        for index in range(count):
            composite = compose(kind, shown, generator(kind, seed, index))
            identifier = f"{kind}/{index:05d}"
            file = f"queries/{identifier}.jpg"
            Image.fromarray(composite.pixels).save(out / file, quality=_QUALITY)
            queries.append({"id": identifier, "file": file, **_truth(composite, names)})
            advance()
    truth = {
        "made": {"version": VERSION, "seed": seed, "count": count, "held_out": held_out},
        "catalogue": catalogue,
        "queries": queries,
        "catalogue_pairs": [],
    }
    (out / TRUTH).write_text(json.dumps(truth, indent=1), encoding="utf-8")


def _truth(composite: Composite, names: Sequence[str]) -> dict[str, Json]:
    unknown = composite.kind is Kind.UNKNOWN
    return {
        "set": str(composite.kind),
        "matches": [] if unknown else [names[one.index] for one in composite.shown],
        "unknown": int(unknown),
        "outlines": [] if unknown else [one.outline for one in composite.shown],
    }


class _Files(Sequence[Pixels]):
    """Pictures that are decoded when they are asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> Pixels: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pixels]: ...
    def __getitem__(self, index: int | slice) -> Pixels | Sequence[Pixels]:
        if isinstance(index, slice):
            return _Files(self._paths[index])
        return _decoded(self._paths[index])


@lru_cache(maxsize=_KEPT)
def _decoded(path: Path) -> Pixels:
    return decoded(path)
