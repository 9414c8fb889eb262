"""Commands for sources and harvests."""

from __future__ import annotations

import json
from typing import Any

import click
from flask.cli import AppGroup

from api.blueprints.jobs import job_json
from api.blueprints.sources import source_json
from api.cli.common import (
    command,
    json_option,
    migrated_service,
    print_json,
    print_rows,
    wait_option,
    watch,
)
from api.schemas.harvesting import Job, Source
from harvesters import protocols
from iiif_dedup.store import sources as store
from iiif_dedup.store import work
from workers.queues import wake

sources = AppGroup("sources", help="List, add and show partner collections.")

_COLUMNS = ("key", "title", "protocol", "endpoint", "enabled")


class _JsonObject(click.ParamType[dict[str, Any]]):
    name = "json"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        """Return the JSON object that was written on the command line."""
        if isinstance(value, dict):
            return value
        try:
            found = json.loads(value)
        except ValueError as error:
            self.fail(f"expected a JSON object, got {value!r}: {error}", param, ctx)
        if not isinstance(found, dict):
            self.fail(f"expected a JSON object, got {value!r}", param, ctx)
        return found


@command("list")
@json_option
def list_sources(as_json: bool) -> None:
    """List the sources."""
    with migrated_service().database.read() as session:
        rows = [source_json(row) for row in store.list_sources(session, limit=1000).items]
    print_rows(rows, _COLUMNS, Source(), as_json=as_json)


@command("add")
@click.argument("key")
@click.argument("endpoint")
@click.option("--title", help="Name of the collection; the key when left out.")
@click.option("--protocol", type=click.Choice(protocols()), default=protocols()[0])
@click.option("--options", type=_JsonObject(), default="{}", help="What the harvester takes.")
@click.option("--politeness", type=_JsonObject(), default="{}", help="Fetch settings, as JSON.")
@json_option
def add_source(
    key: str,
    endpoint: str,
    *,
    title: str | None,
    protocol: str,
    options: dict[str, Any],
    politeness: dict[str, Any],
    as_json: bool,
) -> None:
    """Add the collection at ENDPOINT as KEY, which never changes."""
    with migrated_service().database.write() as session:
        row = store.create(
            session,
            key=key,
            title=title or key,
            protocol=protocol,
            endpoint=endpoint,
            options=options,
            politeness=politeness,
        )
        shaped = source_json(row)
    print_rows([shaped], _COLUMNS, Source(), as_json=as_json)


@command("show")
@click.argument("key")
def show_source(key: str) -> None:
    """Show the source KEY as JSON."""
    with migrated_service().database.read() as session:
        print_json(Source().dump(source_json(store.get_one(session, key))))


for _subcommand in (list_sources, add_source, show_source):
    sources.add_command(_subcommand)


@command("harvest")
@click.argument("source")
@wait_option
@json_option
def harvest(source: str, *, wait: bool, as_json: bool) -> None:
    """Queue a harvest of SOURCE; a running service does it."""
    found = migrated_service()
    with found.database.write() as session:
        job = work.enqueue_harvest(session, store.get_one(session, source).key)
    wake(found.redis, job)
    if wait:
        job = watch(found, job)
    print_rows([job_json(job)], ("id", "kind", "state", "result"), Job(), as_json=as_json)
