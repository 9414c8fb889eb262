"""The command that looks at a URL before it becomes a source."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.common import JsonObject, command, json_option, print_json
from api.context import service
from api.previews import preview_json
from api.schemas.previews import Preview
from harvesters import protocols


@command("preview")
@click.argument("url")
@click.option("--protocol", type=click.Choice(protocols()), help="Guessed when left out.")
@click.option("--options", type=JsonObject(), help="What the harvester takes, as JSON.")
@click.option("--politeness", type=JsonObject(), help="Fetch settings, as JSON.")
@click.option("--key", help="Key that the source would have; names its secret in the settings.")
@json_option
def preview_source(url: str, *, as_json: bool, **given: Any) -> None:
    """Guess the protocol of URL, and show five records; nothing is stored."""
    shown: dict[str, Any] = Preview().dump(preview_json(service(), {"url": url, **given}))
    if as_json:
        print_json(shown)
    else:
        _print(shown)


def _print(shown: dict[str, Any]) -> None:
    total = "an unknown number of" if shown["total"] is None else f"{shown['total']:,}"
    click.echo(f"{shown['protocol']}: {total} records at {shown['endpoint']}")
    table = Table(box=None)
    for name in ("identifier", "title", "images", "first image"):
        table.add_column(name, overflow="fold")
    for record in shown["records"]:
        title = next((text for texts in record["titles"].values() for text in texts), "")
        first = record["images"][0]["url"] if record["images"] else ""
        cells = (record["identifier"], title, str(len(record["images"])), first)
        # Text, since partners' titles may hold what rich takes for markup.
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)
    for failure in shown["failures"]:
        click.echo(f"not readable ({failure['reason']}): {failure['detail']}")
    if shown["estimate"]:
        cost = shown["estimate"]
        duration = timedelta(seconds=round(cost["seconds"]))
        click.echo(
            f"A first harvest: about {cost['requests']:,} requests, {cost['images']:,} images, "
            f"{duration} (h:mm:ss), {cost['disk_bytes'] / 1e6:,.0f} MB on disk."
        )
    options = f" --options {shlex.quote(json.dumps(shown['options']))}" if shown["options"] else ""
    click.echo(
        f"Add it: flask --app api sources add KEY {shlex.quote(shown['endpoint'])} "
        f"--protocol {shown['protocol']}{options}"
    )
