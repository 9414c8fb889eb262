"""The pool that the haystack and the transforms are searched in: options, pictures, features."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from benchmarks.haystack_data import (
    VESSELS,
    WORK,
    background_pictures,
    default_data,
    distractors,
)
from benchmarks.haystack_methods import describers, parts_describers
from benchmarks.report import RESULTS
from iiif_dedup.evaluation.datasets import (
    LabelledPicture,
    PictureSet,
    all_pictures,
    read_data_folder,
    without,
)
from iiif_dedup.evaluation.features import describe_files, file_digest
from iiif_dedup.evaluation.haystack import Haystack, build_haystack

_WIDTH = 150
"""Of tables, also where the output is no terminal."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A haystack with what is known of its pictures, in their order.

    Attributes:
        haystack: Of all pictures that can be read.
        arrays: By describer's name, a row each.
        digests: SHA-256 of the files, hexadecimal.
    """

    haystack: Haystack
    arrays: Mapping[str, NDArray[Any]]
    digests: Sequence[str]


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that say what is searched."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    made.add_argument("--data", type=Path, default=default_data(), help="folder of sets")
    made.add_argument("--no-distractors", action="store_true", help="search the sets alone")
    made.add_argument("--vessels", type=int, default=VESSELS, help="drawn distractors")
    made.add_argument("--seed", type=int, default=1, help="of everything that is drawn")
    made.add_argument("--work", type=Path, default=WORK, help="folder for what is kept")
    made.add_argument("--results", type=Path, default=RESULTS, help="folder for the figures")
    return made


def wide_console() -> Console:
    """Return a console in which the tables have room."""
    console = Console()
    console.width = max(console.width, _WIDTH)
    return console


def bar(progress: Progress, description: str, total: int) -> Callable[[int], None]:
    """Return what moves a new progress bar on."""
    task = progress.add_task(description, total=total)
    return lambda done: progress.advance(task, done)


def prepare(options: argparse.Namespace, progress: Progress) -> Prepared:
    """Read the data, make distractors, describe all pictures; say what had to be skipped.

    Args:
        options: Of `parser`.
        progress: Shows each step.
    """
    data = read_data_folder(options.data)
    others: tuple[LabelledPicture, ...] = ()
    if not options.no_distractors:
        photographs = background_pictures(data.sets)
        others = distractors(
            photographs,
            options.work / "distractors",
            vessels=options.vessels,
            advance=bar(progress, "Distractors", len(photographs) + options.vessels),
        )
    for reason in data.skipped:
        progress.console.print(f"Skipped {reason}")
    return describe_sets(data.sets, others, options, progress)


def describe_sets(
    sets: Sequence[PictureSet],
    others: Sequence[LabelledPicture],
    options: argparse.Namespace,
    progress: Progress,
    *,
    unknown: bool = False,
) -> Prepared:
    """Return the haystack of sets and distractors, described; say what had to be skipped.

    Args:
        sets: With distinct names.
        others: Distractors.
        options: Of `parser`.
        progress: Shows each step.
        unknown: As in `build_haystack`.
    """
    pictures = [one for each in sets for one in all_pictures(each)] + list(others)
    digests = {one.path: file_digest(one.path) for one in pictures}
    features = describe_files(
        digests,
        describers(),
        options.work / "features",
        advance=bar(progress, "Pictures", len(set(digests.values()))),
    )
    unreadable = {path for path, digest in digests.items() if digest in features.failures}
    reasons = [f"{path}: {features.failures[digests[path]]}" for path in sorted(unreadable)]
    for reason in reasons:
        progress.console.print(f"Skipped {reason}")
    haystack = build_haystack(
        [without(each, unreadable) for each in sets],
        [one for one in others if one.path not in unreadable],
        seed=options.seed,
        unknown=unknown,
    )
    names = [digests[picture.path] for picture in haystack.pictures]
    return Prepared(
        haystack, features.of(names) | _parts(haystack, names, options, progress), names
    )


def _parts(
    haystack: Haystack, digests: Sequence[str], options: argparse.Namespace, progress: Progress
) -> dict[str, NDArray[Any]]:
    """Return what the parts of queries look like, a row for every picture, zero for others."""
    if not haystack.query_sets:
        return {}
    rows = np.unique([row for each in haystack.query_sets for row in each.queries])
    paths = {haystack.pictures[row].path: digests[row] for row in rows.tolist()}
    known = describe_files(
        paths,
        parts_describers(),
        options.work / "features",
        advance=bar(progress, "Parts of queries", len(set(paths.values()))),
    ).of([digests[row] for row in rows.tolist()])
    found = {}
    for name, values in known.items():
        found[name] = np.zeros((len(digests), *values.shape[1:]), dtype=values.dtype)
        found[name][rows] = values
    return found
