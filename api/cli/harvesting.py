"""Commands for sources."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from api import sourcing
from api.blueprints.sources import sources_json
from api.cli.common import (
    JsonObject,
    command,
    hand_over,
    json_option,
    migrated_service,
    print_json,
    print_rows,
    wait_option,
)
from api.schemas.harvesting import Source
from harvesters import protocols
from iiif_dedup.store import sources as store
from iiif_dedup.store import work
from iiif_dedup.store.models import Source as SourceRow

sources = AppGroup("sources", help="Partner collections: add, look at, change, remove.")

_COLUMNS = ("key", "title", "protocol", "endpoint", "enabled", "schedule", "next_run_at")


@command("list")
@json_option
def list_sources(as_json: bool) -> None:
    """List the sources."""
    with migrated_service().database.read() as session:
        rows = sources_json(session, store.list_sources(session, limit=1000).items)
    print_rows(rows, _COLUMNS, Source(), as_json=as_json)


_title = click.option("--title", help="Name of the collection, for people.")
_options = click.option("--options", type=JsonObject(), help="What the harvester takes, as JSON.")
_politeness = click.option("--politeness", type=JsonObject(), help="Fetch settings, as JSON.")
_schedule = click.option(
    "--schedule", help="When it is harvested, such as '30 3 * * *'; '' for on demand only."
)
_time_zone = click.option("--time-zone", help="Of the schedule, such as Europe/Athens.")


@command("add")
@click.argument("key")
@click.argument("endpoint")
@click.option("--protocol", type=click.Choice(protocols()), default="iiif_collection")
@_title
@_options
@_politeness
@_schedule
@_time_zone
@json_option
def add_source(key: str, endpoint: str, *, protocol: str, as_json: bool, **given: Any) -> None:
    """Add the collection at ENDPOINT as KEY, which never changes."""
    title = given.pop("title") or key
    fixed = {"key": key, "title": title, "protocol": protocol, "endpoint": endpoint}
    row = sourcing.add(migrated_service(), {**fixed, **_named(given)})
    _print_source(row, as_json=as_json)


@command("change")
@click.argument("key")
@click.option("--endpoint", help="Where the harvest begins; the records stay the same ones.")
@_title
@_options
@_politeness
@_schedule
@_time_zone
@click.option("--enable/--disable", "enabled", default=None, help="Whether it is harvested.")
@json_option
def change_source(key: str, *, as_json: bool, **given: Any) -> None:
    """Change the source KEY; what is left out stays."""
    row = sourcing.change(migrated_service(), key, _named(given))
    _print_source(row, as_json=as_json)


@command("show")
@click.argument("key")
def show_source(key: str) -> None:
    """Show the source KEY as JSON."""
    with migrated_service().database.read() as session:
        print_json(Source().dump(sources_json(session, [store.get_one(session, key)])[0]))


for _subcommand in (list_sources, add_source, change_source, show_source):
    sources.add_command(_subcommand)


def _named(given: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given; an empty schedule is none."""
    named = {name: value for name, value in given.items() if value is not None}
    return {**named, **({"schedule": None} if named.get("schedule") == "" else {})}


def _print_source(row: SourceRow, *, as_json: bool) -> None:
    with migrated_service().database.read() as session:
        rows = sources_json(session, [row])
    print_rows(rows, _COLUMNS, Source(), as_json=as_json)


@command("harvest")
@click.argument("source")
@click.option("--anew", is_flag=True, help="Read everything, also what has not changed.")
@wait_option
@json_option
def harvest(source: str, *, anew: bool, wait: bool, as_json: bool) -> None:
    """Queue a harvest of SOURCE; a running service does it."""
    found = migrated_service()
    with found.database.write() as session:
        job = work.enqueue_harvest(session, store.get_one(session, source).key, anew=anew)
    hand_over(found, job, wait=wait, as_json=as_json)
