"""`make bench-haystack`: real pairs hidden among ten thousand pictures, by every method.

Prints a table, writes `benchmarks/results/haystack.json`, and with `--sheets FOLDER` draws what
each method found, so that a person can look. What is computed of a picture is kept under
`build/haystack/`, so a second run is fast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.progress import Progress
from rich.table import Table

from benchmarks.fused import SetOfPairs, fused_method, held_out_fusions
from benchmarks.haystack_encoders import ENCODERS, POOL, WITHOUT_PARTNERS, encoders
from benchmarks.haystack_methods import methods
from benchmarks.haystack_pool import bar, parser, prepare, wide_console
from benchmarks.report import machine, write_results
from benchmarks.sheets import draw_sheet
from benchmarks.weighed import haystack_pairs
from iiif_dedup.evaluation.haystack import Haystack, Method, find
from iiif_dedup.evaluation.haystack_figures import AT_TAU, RATES, MethodFigures, figures
from iiif_dedup.evaluation.metrics import Interval
from iiif_dedup.types import Json

REFERENCE = "efficientnet"
"""The baseline that differences are taken from: the best of those that were known before."""

Judged = Mapping[str, Mapping[str, MethodFigures]]
"""By query set, then method."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    making = parser("haystack", __doc__)
    making.add_argument(
        "--encoders",
        nargs="*",
        choices=ENCODERS,
        default=[POOL, WITHOUT_PARTNERS],
        help="what the clone rule is judged with",
    )
    making.add_argument("--sheets", type=Path, help="folder for contact sheets")
    options = making.parse_args(arguments)
    console = wide_console()
    with Progress(console=console) as progress:
        prepared = prepare(options, progress)
        haystack = prepared.haystack
        if not haystack.query_sets:
            raise SystemExit(f"No picture in {options.data} has a partner: there is no query.")
        own = encoders(
            options.encoders,
            haystack,
            prepared.arrays["tile"][: haystack.pool],
            options.work / "encoders",
            seed=options.seed,
            progress=progress,
        )
        by = methods(prepared.arrays, prepared.digests, haystack.pool, own)
        judged = judge(haystack, by, progress, seed=options.seed, sheets=options.sheets)
        if own:
            pairs = haystack_pairs(prepared, by, options, progress)
            judged = with_fused(judged, pairs, haystack.pool, seed=options.seed)
    for name, row in judged.items():
        console.print(table(name, row))
    path = write_results("haystack", report(judged, haystack, options.seed), options.results)
    console.print(f"Searched a pool of {haystack.pool:,} pictures. Written to {path}")


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


def with_fused(judged: Judged, pairs: Sequence[SetOfPairs], pool: int, *, seed: int) -> Judged:
    """Return the figures with those of the product's probability beside them.

    It judges at most `fused.MOST_QUERIES` queries of a set, by a fusion that has not seen the set.
    """
    method = fused_method(pairs, held_out_fusions(pairs))
    found = {one.name: find(one.queries, pool, [method], advance=lambda _: None) for one in pairs}
    own = {one.name: figures(one.queries, found[one.name][method.name], seed=seed) for one in pairs}
    return {name: {**row, method.name: own[name]} for name, row in judged.items()}


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
    # Of other queries the difference is none of pairs.
    if reference is not None and reference is not one and reference.n == one.n:
        row[f"minus_{REFERENCE}"] = {
            name: list(one.rates[name].minus(reference.rates[name])) for name in RATES
        }
    return row


if __name__ == "__main__":
    main()
