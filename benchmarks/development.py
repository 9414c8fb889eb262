"""Made queries with truth, for fitting the fusion: composites and copies of background pictures.

Their originals lie in the haystack's pool. Other parts of the same photograph lie there too, as
distractors; whether these show the same is a matter of words, so they are no examples at all.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evaluation.composites import Kind, compose, generator
from iiif_dedup.evaluation.copies import COPIES
from iiif_dedup.evaluation.datasets import LabelledPicture
from iiif_dedup.evaluation.features import decoded
from iiif_dedup.evaluation.haystack import Haystack, QuerySet
from iiif_dedup.evaluation.proposed import Proposed

_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Made:
    """A made query.

    Attributes:
        path: Its file.
        originals: Rows of the pool that it was made of; none for one of an unknown picture.
    """

    path: Path
    originals: tuple[int, ...]


def make_queries(
    originals: Sequence[tuple[int, Path]],
    folder: Path,
    *,
    each: int,
    seed: int,
    advance: Callable[[int], None],
) -> list[Made]:
    """Return `each` composites of every kind and as many copies; what is there is not made again.

    Args:
        originals: Rows of the pool and their files.
        folder: For the queries.
        each: How many of each kind.
        seed: Of everything that is drawn.
        advance: Called after each query with 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for kind in Kind:
        # Of an unknown picture the originals would lie in the pool.
        for number in range(0 if kind is Kind.UNKNOWN else each):
            rng = generator(kind, seed, number)
            chosen = [originals[one] for one in rng.permutation(len(originals))[:2]]
            path = folder / f"{kind}-{seed}-{number:04}.jpg"
            composite = compose(kind, [decoded(file) for _, file in chosen], rng)
            _write(path, composite.pixels)
            made.append(Made(path, tuple(chosen[one.index][0] for one in composite.shown)))
            advance(1)
    for name, copy in COPIES.items():
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        for number in range(each):
            row, file = originals[int(rng.integers(len(originals)))]
            path = folder / f"{name}-{seed}-{number:04}.jpg"
            _write(path, copy(decoded(file), rng))
            made.append(Made(path, (row,)))
            advance(1)
    return made


def with_queries(haystack: Haystack, made: Sequence[Made]) -> Haystack:
    """Return the same pool with these queries alone."""
    pictures = [LabelledPicture(one.path, ()) for one in made]
    queries = QuerySet(
        "development",
        np.arange(haystack.pool, haystack.pool + len(made)),
        tuple(np.array(sorted(set(one.originals)), dtype=np.int64) for one in made),
        np.arange(len(made)),
    )
    return Haystack((*haystack.pictures[: haystack.pool], *pictures), haystack.pool, (queries,))


def without_parts(
    proposed: Sequence[Proposed], made: Sequence[Made], paths: Sequence[Path]
) -> list[Proposed]:
    """Return what was proposed, without other parts of a query's own photograph.

    Args:
        proposed: For each query.
        made: The queries.
        paths: Of the haystack's pictures.
    """
    left = []
    for one, query in zip(proposed, made, strict=True):
        own = {paths[row].stem for row in query.originals}
        kept = [
            number
            for number, place in enumerate(one.places.tolist())
            if place in query.originals or paths[place].stem.rpartition("-")[0] not in own
        ]
        left.append(Proposed(one.places[kept], tuple(one.measures[number] for number in kept)))
    return left


def _write(path: Path, pixels: NDArray[np.uint8]) -> None:
    if not path.exists():
        body = io.BytesIO()
        Image.fromarray(pixels).save(body, "JPEG", quality=_QUALITY)
        path.write_bytes(body.getvalue())
