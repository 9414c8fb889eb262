"""All proposed pairs that fusions are fitted to and judged on: the haystack's, and made ones."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from benchmarks import development, fused
from benchmarks.development import Made
from benchmarks.fused import SetOfPairs
from benchmarks.haystack_data import BACKGROUND_SET
from benchmarks.haystack_methods import describers, methods, parts_describers, union_of
from benchmarks.haystack_pool import Prepared, bar
from iiif_dedup.evaluation.composites import Kind
from iiif_dedup.evaluation.copies import COPIES
from iiif_dedup.evaluation.features import describe_files, file_digest
from iiif_dedup.evaluation.haystack import Method
from iiif_dedup.evaluation.proposed import Pictures
from iiif_dedup.search.tile_encoder import TileEncoder

MADE_OF_EACH = 15
"""Made queries of each kind of composite and of copy."""
DEVELOPMENT = "development"


def haystack_pairs(
    prepared: Prepared, by: Sequence[Method], options: argparse.Namespace, progress: Progress
) -> tuple[SetOfPairs, ...]:
    """Return what is proposed for the haystack's queries; what was kept is not made again.

    Args:
        prepared: The haystack.
        by: Its methods, the union with the product's default encoder among them.
        options: Of `haystack_pool.parser`.
        progress: Shows each step.
    """
    haystack = prepared.haystack
    cache = options.work / "proposed"
    pictures = Pictures([one.path for one in haystack.pictures], prepared.digests, _local(options))
    queries = sum(min(len(one.queries), fused.MOST_QUERIES) for one in haystack.query_sets)
    sets = fused.pairs_of(
        haystack,
        union_of(by),
        pictures,
        digests=prepared.digests,
        cache=cache,
        seed=options.seed,
        advance=bar(progress, "Weighing", queries),
    )
    return tuple(sets)


def made_pairs(
    prepared: Prepared, encoder: TileEncoder, options: argparse.Namespace, progress: Progress
) -> SetOfPairs:
    """Return what is proposed for composites and copies of the background photographs.

    Args:
        prepared: The haystack, whose pool is searched.
        encoder: The product's default.
        options: Of `haystack_pool.parser`.
        progress: Shows each step.
    """
    haystack = prepared.haystack
    originals = [
        (row, picture.path)
        for row, picture in enumerate(haystack.pictures[: haystack.pool])
        if picture.path.parent.parent.name == BACKGROUND_SET
    ]
    kinds = len(COPIES) + len(Kind) - 1  # without unknown ones
    made = development.make_queries(
        originals,
        options.work / DEVELOPMENT,
        each=MADE_OF_EACH,
        seed=options.seed,
        advance=bar(progress, "Composites and copies", kinds * MADE_OF_EACH),
    )
    searched = development.with_queries(haystack, made)
    digests = [*prepared.digests[: haystack.pool], *(file_digest(one.path) for one in made)]
    of_pool = {name: rows[: haystack.pool] for name, rows in prepared.arrays.items()}
    known = _known(of_pool, made, digests[haystack.pool :], options, progress)
    pictures = Pictures([one.path for one in searched.pictures], digests, _local(options))
    (found,) = fused.pairs_of(
        searched,
        union_of(methods(known, digests, haystack.pool, {"": encoder})),
        pictures,
        digests=digests,
        cache=options.work / "proposed",
        seed=options.seed,
        advance=bar(progress, "Weighing those", len(made)),
        most=len(made),
    )
    paths = [one.path for one in searched.pictures]
    proposed = tuple(development.without_parts(found.proposed, made, paths))
    return SetOfPairs(found.name, found.family, found.queries, proposed)


def _known(
    pool: Mapping[str, NDArray[Any]],
    made: Sequence[Made],
    digests: Sequence[str],
    options: argparse.Namespace,
    progress: Progress,
) -> dict[str, NDArray[Any]]:
    """Return what is known of the pool and behind it of the made queries."""
    new = describe_files(
        dict(zip((one.path for one in made), digests, strict=True)),
        [*describers(), *parts_describers()],
        options.work / "features",
        advance=bar(progress, "Describing those", len(made)),
    ).of(digests)
    return {name: np.concatenate([rows, new[name]]) for name, rows in pool.items()}


def _local(options: argparse.Namespace) -> Path:
    folder: Path = options.work / "local"
    return folder
