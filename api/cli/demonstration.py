"""The demo: partners with known duplicates, the service, and what it finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from api.cli.common import print_json
from demo.client import DemoError
from demo.run import DEFAULT_ANCHORS, DemoOptions, run_demo


@click.command("demo")
@click.option("--port", default=8000, show_default=True, help="Where the service listens.")
@click.option("--seed", default=1, show_default=True, help="Which vessels are drawn.")
@click.option("--once", is_flag=True, help="End after the table instead of serving on.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Publish this folder with a records.json instead of drawn vessels.",
)
@click.option(
    "--split",
    type=click.Choice(["views"]),
    help="Publish the pictures of each record of --data alternately in two collections.",
)
@click.option(
    "--anchors", default=DEFAULT_ANCHORS, show_default=True, help="Most records to search."
)
@click.option(
    "--work-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build"),
    show_default=True,
    help="Where demo.json and everything else is written.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what demo.json holds; implies --once.")
def demo(*, as_json: bool, **chosen: Any) -> None:
    """Harvest demo partners, search, show what was found, and serve it."""
    if chosen["split"] and not chosen["data"]:
        raise click.UsageError("--split needs --data: drawn vessels are in three collections.")
    chosen["once"] = chosen["once"] or as_json
    try:
        report = run_demo(DemoOptions(**chosen), Console(stderr=as_json))
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json(report)
