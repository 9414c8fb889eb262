"""`make bench-haystack`: real pairs hidden among ten thousand pictures, by every method.

Prints a table, writes `benchmarks/results/haystack.json`, and with `--sheets FOLDER` draws what
each method found, so that a person can look. What is computed of a picture is kept under
`build/haystack/`, so a second run is fast.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.haystack_data import (
    VESSELS,
    WORK,
    background_pictures,
    default_data,
    distractors,
)
from benchmarks.haystack_methods import describers, methods
from benchmarks.report import RESULTS, machine, write_results
from benchmarks.sheets import draw_sheet
from iiif_dedup.evaluation.datasets import (
    LabelledPicture,
    PictureSet,
    all_pictures,
    read_data_folder,
    without,
)
from iiif_dedup.evaluation.features import Features, describe_files
from iiif_dedup.evaluation.haystack import Haystack, Method, build_haystack, find
from iiif_dedup.evaluation.haystack_figures import AT_TAU, RATES, MethodFigures, figures
from iiif_dedup.evaluation.metrics import Interval
from iiif_dedup.types import Json

REFERENCE = "efficientnet"
"""The baseline that differences are taken from: the best of those that were known before."""

_WIDTH = 132
"""Of the tables, also where the output is no terminal."""

Judged = Mapping[str, Mapping[str, MethodFigures]]
"""By query set, then method."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.haystack", description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data(), help="folder of sets")
    parser.add_argument("--no-distractors", action="store_true", help="search the sets alone")
    parser.add_argument("--vessels", type=int, default=VESSELS, help="drawn distractors")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets")
    parser.add_argument("--seed", type=int, default=1, help="of the pool's order and resamples")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for what is kept")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the figures")
    options = parser.parse_args(arguments)

    console = Console()
    console.width = max(console.width, _WIDTH)
    data = read_data_folder(options.data)
    for reason in data.skipped:
        console.print(f"Skipped {reason}")
    with Progress(console=console) as progress:
        others: tuple[LabelledPicture, ...] = ()
        if not options.no_distractors:
            photographs = background_pictures(data.sets)
            others = distractors(
                photographs,
                options.work / "distractors",
                vessels=options.vessels,
                advance=bar(progress, "Distractors", len(photographs) + options.vessels),
            )
        haystack, features = describe(data.sets, others, options.work, options.seed, progress)
        if not haystack.query_sets:
            raise SystemExit(f"No picture in {options.data} has a partner: there is no query.")
        judged = judge(
            haystack,
            methods(haystack, features),
            progress,
            seed=options.seed,
            sheets=options.sheets,
        )
    for name, row in judged.items():
        console.print(table(name, row))
    path = write_results("haystack", report(judged, haystack, options.seed), options.results)
    console.print(f"Searched a pool of {haystack.pool:,} pictures. Written to {path}")


def bar(progress: Progress, description: str, total: int) -> Callable[[int], None]:
    """Return what moves a new progress bar on."""
    task = progress.add_task(description, total=total)
    return lambda done: progress.advance(task, done)


def describe(
    sets: Sequence[PictureSet],
    others: Sequence[LabelledPicture],
    work: Path,
    seed: int,
    progress: Progress,
) -> tuple[Haystack, Features]:
    """Return the haystack of all pictures that can be read, and what is known of them."""
    pictures = [one for each in sets for one in all_pictures(each)] + list(others)
    features = describe_files(
        [one.path for one in pictures],
        describers(),
        work / "features",
        advance=bar(progress, "Pictures", len(pictures)),
    )
    for path, reason in features.failures.items():
        progress.console.print(f"Skipped {path}: {reason}")
    haystack = build_haystack(
        [without(each, features.failures) for each in sets],
        [one for one in others if one.path not in features.failures],
        seed=seed,
    )
    return haystack, features


def judge(
    haystack: Haystack,
    by: Sequence[Method],
    progress: Progress,
    *,
    seed: int,
    sheets: Path | None,
) -> Judged:
    """Return every method's figures on every query set, and draw sheets where asked."""
    advance = bar(progress, "Queries", sum(len(each.queries) for each in haystack.query_sets))
    judged = {}
    for queries in haystack.query_sets:
        found = find(queries, haystack.pool, by, advance=advance)
        judged[queries.name] = {
            name: figures(queries, findings, seed=seed) for name, findings in found.items()
        }
        if sheets is not None:
            draw_sheet(sheets / f"{queries.name}.png", haystack, queries, found, seed=seed)
    return judged


def table(name: str, row: Mapping[str, MethodFigures]) -> Table:
    """Return the table of one query set, a line a method, each figure with its interval."""
    any_method = next(iter(row.values()))
    title = f"{name}: {any_method.n} queries of {any_method.objects} things"
    if any_method.unknown:
        title += f", {any_method.unknown} of something that is not in the pool"
    result = Table(title=title)
    for column in ("method", *RATES, "proposed", "at τ", "false alerts at τ"):
        result.add_column(column, justify="left" if column == "method" else "right", no_wrap=True)
    for method, one in row.items():
        result.add_row(
            method,
            *(_cell(one.rates[rate].interval()) for rate in RATES),
            f"{one.proposed:.0f}",
            _cell(one.rates[AT_TAU].interval()) if AT_TAU in one.rates else "",
            _cell(one.false_alerts) if one.false_alerts else "",
        )
    return result


def _cell(interval: Interval) -> str:
    estimate, low, high = interval
    return f"{estimate:.2f} [{low:.2f}, {high:.2f}]"


def report(judged: Judged, haystack: Haystack, seed: int) -> dict[str, Json]:
    """Return the result file's content: the sets by name, beside what the run was."""
    return {
        "benchmark": "haystack",
        "machine": machine(),
        "seed": seed,
        "pool": haystack.pool,
        "intervals": "95 %, [low, high], bootstrap over the things shown; 3/n where no event",
        **{
            name: {method: _row(figures_, row.get(REFERENCE)) for method, figures_ in row.items()}
            for name, row in judged.items()
        },
    }


def _row(one: MethodFigures, reference: MethodFigures | None) -> dict[str, Json]:
    row: dict[str, Json] = {"n": one.n, "objects": one.objects, "unknown": one.unknown}
    for name, figure in one.rates.items():
        estimate, low, high = figure.interval()
        row |= {name: estimate, f"{name}_interval": [low, high]}
    row["proposed"] = one.proposed
    if one.false_alerts is not None:
        estimate, low, high = one.false_alerts
        row |= {"false_alerts": estimate, "false_alerts_interval": [low, high]}
    if reference is not None and reference is not one:
        row[f"minus_{REFERENCE}"] = {
            name: list(one.rates[name].minus(reference.rates[name])) for name in RATES
        }
    return row


if __name__ == "__main__":
    main()
