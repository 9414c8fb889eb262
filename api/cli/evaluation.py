"""The command that judges methods on what is known to be true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.common import command, json_option, migrated_service, print_json
from api.context import Service, service
from iiif_dedup.errors import EvaluationError
from iiif_dedup.evaluation.contenders import DEFAULT, names
from iiif_dedup.library.progress_bars import progress_bars
from iiif_dedup.store.derivatives import Derivatives

if TYPE_CHECKING:
    from iiif_dedup.evaluation import Evaluation
    from iiif_dedup.evaluation.gold import Gold
    from iiif_dedup.search.tile_encoder import TileEncoder

_KS = (1, 5, 10, 50)
_QUERIES = 1000


@command("evaluate")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--verdicts",
    type=click.Path(path_type=Path),
    help="CSV file a,b,relation: the truth on FOLDER, or on harvested records.",
)
@click.option("--source", "sources", multiple=True, help="Key of a source; all when left out.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    default=DEFAULT,
    show_default=True,
    help=f"May be repeated: {', '.join(names())}.",
)
@click.option("--reference", default="", help="Method that others are compared with; the first.")
@click.option(
    "--k",
    "ks",
    multiple=True,
    type=click.IntRange(min=1),
    default=_KS,
    show_default=True,
    help="How many of the nearest are looked at; may be repeated.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    default=0.1,
    show_default=True,
    help="False alerts that a query may cost.",
)
@click.option(
    "--queries",
    type=click.IntRange(min=1),
    default=_QUERIES,
    show_default=True,
    help="Most queries of each set, drawn at random.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Of everything that is drawn.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("evaluation"),
    show_default=True,
    help="Folder for evaluation.json and evaluation.html.",
)
@json_option
def evaluate(
    folder: Path | None,
    *,
    verdicts: Path | None,
    sources: tuple[str, ...],
    methods: tuple[str, ...],
    reference: str,
    ks: tuple[int, ...],
    budget: float,
    queries: int,
    seed: int,
    output: Path,
    as_json: bool,
) -> None:
    """Judge methods on FOLDER, or without one on the harvested records of a file of verdicts."""
    # Imported here, since torch comes with it.
    from iiif_dedup import evaluation as judges  # noqa: PLC0415
    from iiif_dedup.evaluation.report.results import as_json as shaped  # noqa: PLC0415

    plan = judges.Plan(tuple(dict.fromkeys(methods)), reference, ks, budget, seed)
    encoder = None
    if folder is not None:
        gold, title = judges.read_folder(folder, verdicts, seed=seed), f"Pictures of {folder.name}"
    elif verdicts is not None:
        gold, encoder = _harvested(migrated_service(), verdicts, sources, seed)
        title = "Harvested records"
    else:
        raise EvaluationError("Name a folder, or a file of verdicts on harvested records.")
    with progress_bars(Console(stderr=True), lasting=True) as tell:
        found = judges.evaluate(
            gold.drawn(queries, seed),
            service().settings.data_dir / "evaluation",
            plan,
            encoder=encoder,
            progress=tell,
        )
    path = judges.write_report(found, output, title)
    if as_json:
        print_json(shaped(found))
    else:
        _print(found, path)


def _harvested(
    found: Service, verdicts: Path, sources: tuple[str, ...], seed: int
) -> tuple[Gold, TileEncoder | None]:
    """Return the gold of harvested records, and the encoder that is in use there."""
    from iiif_dedup.evaluation import read_collection  # noqa: PLC0415
    from iiif_dedup.pipeline.encoders import EncoderInUse  # noqa: PLC0415

    settings = found.settings
    derivatives = Derivatives(settings.derivatives_folder)
    with found.database.read() as session:
        gold = read_collection(session, derivatives, verdicts, sources=sources, seed=seed)
        return gold, EncoderInUse(settings.device).get(session)


def _print(found: Evaluation, path: Path) -> None:
    console = Console()
    most = max(found.plan.ks)
    for one in found.sets:
        any_method = next(iter(one.methods.values()))
        title = f"{one.name}: {any_method.queries} queries of {any_method.objects} things"
        table = Table(title=Text(title), title_justify="left")
        table.add_column("method")
        budget = f"recall at {found.plan.budget:g} false alerts"
        for column in ("right first", f"recall@{most}", "mAP", budget):
            table.add_column(column, justify="right")
        for name, judged in one.methods.items():
            shown = ("first", f"recall_at_{most}", "map", "recall_at_budget")
            intervals = (judged.rates[each].interval() for each in shown)
            cells = (f"{each.estimate:.3f} [{each.low:.2f}, {each.high:.2f}]" for each in intervals)
            table.add_row(Text(name), *(Text(cell) for cell in cells))
        console.print(table)
    for reason in found.skipped:
        click.echo(f"Left out: {reason}")
    click.echo(f"Searched {found.pool:,} entries. Written to {path}")
