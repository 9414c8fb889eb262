"""Commands for the operator: the database, the settings, the API's description."""

from __future__ import annotations

from dataclasses import asdict

import click
from flask import current_app
from rich.console import Console
from rich.table import Table

from api.cli.common import command, json_option, print_json
from api.context import service
from api.openapi import description_of
from iiif_dedup.settings import SettingInForce, describe_settings
from iiif_dedup.store import migrate as migrations


@command("migrate")
def migrate() -> None:
    """Bring the database to the newest version; does nothing where it has it."""
    database = service().database
    migrations.migrate(database)
    click.echo(f"The database has version {migrations.current(database)}.")


@command("settings")
@json_option
@click.option("--markdown", is_flag=True, help="Print the reference page.")
def settings(as_json: bool, markdown: bool) -> None:
    """Print every setting with its value, where the value comes from, and what it means."""
    lines = describe_settings()
    if as_json:
        print_json([asdict(line) for line in lines])
    elif markdown:
        click.echo(_page(lines))
    else:
        table = Table("variable", "value", "source", "meaning", box=None)
        for line in lines:
            table.add_row(line.variable, line.value, line.source, line.meaning)
        Console().print(table)


@command("openapi")
def openapi() -> None:
    """Print the API's description (OpenAPI 3.1), as it stands in openapi/openapi.json."""
    print_json(description_of(current_app))


def _page(lines: list[SettingInForce]) -> str:
    rows = "\n".join(
        f"| `{line.variable}` | {f'`{line.default}`' if line.default else ''} | {line.meaning} |"
        for line in lines
    )
    return (
        "# Settings\n\n"
        "Made by `make openapi` from `iiif_dedup/settings.py`. Values come from these environment "
        "variables, else\nfrom the TOML file that `IIIF_DEDUP_CONFIG` names (keys without the "
        "prefix, in lower case), else from\nthe defaults. An unknown or invalid setting stops the "
        "start.\n\n"
        f"| variable | default | meaning |\n|---|---|---|\n{rows}"
    )
