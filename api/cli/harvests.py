"""Commands for harvests: their reports, and what an operator decides about them."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.table import Table

from api.cli.common import (
    command,
    hand_over,
    json_option,
    migrated_service,
    print_json,
    print_rows,
    wait_option,
)
from api.reports import RECORD_COUNTS, harvest_json, report_json
from api.schemas.harvesting import Event, Harvest, HarvestReport
from iiif_dedup.errors import StoreError
from iiif_dedup.store import events as event_store
from iiif_dedup.store import harvests as store
from iiif_dedup.store import work
from iiif_dedup.store.models import Harvest as HarvestRow

harvests = AppGroup("harvests", help="Passes over sources: look at them, decide about them.")

_COLUMNS = ("id", "source", "number", "kind", "state", "started_at", "duration_s")


@command("list")
@click.option("--source", help="Of this source alone.")
@json_option
def list_harvests(source: str | None, *, as_json: bool) -> None:
    """List the newest harvests."""
    found = migrated_service()
    with found.database.read() as session:
        rows = store.list_harvests(session, source_key=source).items
    shaped = [harvest_json(row, found.urls) for row in rows]
    print_rows(shaped, _COLUMNS, Harvest(), as_json=as_json)


@command("show")
@click.argument("harvest")
@json_option
def show_harvest(harvest: str, *, as_json: bool) -> None:
    """Report HARVEST: counts, failures by reason, and the first 100 failures."""
    found = migrated_service()
    with found.database.read() as session:
        report = report_json(session, _known(store.get(session, harvest), harvest), found.urls)
    if as_json:
        print_json(HarvestReport().dump(report))
    else:
        _print_report(report)


@command("retry")
@click.argument("harvest")
@wait_option
@json_option
def retry_harvest(harvest: str, *, wait: bool, as_json: bool) -> None:
    """Queue a harvest of what HARVEST could not read."""
    found = migrated_service()
    with found.database.write() as session:
        row = _known(store.get(session, harvest), harvest)
        if not row.counts.get("failed"):
            raise StoreError("Nothing failed in this harvest.")
        job = work.enqueue_harvest(session, row.source_key, only=row.id)
    hand_over(found, job, wait=wait, as_json=as_json)


@command("confirm")
@click.argument("harvest")
@json_option
def confirm_harvest(harvest: str, *, as_json: bool) -> None:
    """Delete what the waiting HARVEST would delete."""
    _decide(harvest, confirmed=True, as_json=as_json)


@command("dismiss")
@click.argument("harvest")
@json_option
def dismiss_harvest(harvest: str, *, as_json: bool) -> None:
    """Keep what the waiting HARVEST would delete."""
    _decide(harvest, confirmed=False, as_json=as_json)


for _subcommand in (list_harvests, show_harvest, retry_harvest, confirm_harvest, dismiss_harvest):
    harvests.add_command(_subcommand)


@command("events")
@json_option
def events(as_json: bool) -> None:
    """List the newest events, such as harvests that failed."""
    with migrated_service().database.read() as session:
        rows = event_store.list_events(session).items
    columns = ("created_at", "kind", "subject", "detail")
    print_rows([_event_json(row) for row in rows], columns, Event(), as_json=as_json)


def _event_json(row: Any) -> dict[str, Any]:
    names = ("id", "kind", "subject", "detail", "created_at")
    return {name: getattr(row, name) for name in names}


def _decide(harvest: str, *, confirmed: bool, as_json: bool) -> None:
    found = migrated_service()
    decide = store.confirm if confirmed else store.dismiss
    with found.database.write() as session:
        shaped = harvest_json(decide(session, harvest), found.urls)
    print_rows([shaped], _COLUMNS, Harvest(), as_json=as_json)


def _known(row: HarvestRow | None, harvest: str) -> HarvestRow:
    if row is None:
        raise StoreError(
            f"There is no harvest {harvest!r}; `flask --app api harvests list` lists them."
        )
    return row


def _print_report(report: dict[str, Any]) -> None:
    console, counts = Console(), report["counts"]
    rate = "" if report["records_per_s"] is None else f", {report['records_per_s']} records/s"
    click.echo(
        f"Harvest {report['number']} of {report['source_key']}: {report['state']} "
        f"({report['kind']}), {report['duration_s']} s{rate}"
    )
    if report["error"]:
        click.echo(report["error"])
    if report["state"] == store.HarvestState.WAITING:
        click.echo(
            f"It would delete {counts.get('would_delete', 0)} records. Confirm or dismiss it: "
            f"flask --app api harvests confirm {report['id']}"
        )
    numbers = Table("records", "", box=None)
    for name in RECORD_COUNTS:
        numbers.add_row(name, str(counts.get(name, 0)))
    for name in sorted(counts.keys() - set(RECORD_COUNTS)):
        numbers.add_row(name.replace("_", " "), str(counts[name]))
    console.print(numbers)
    if not report["failures_by_reason"]:
        return
    reasons = Table("failed because of", "", box=None)
    for reason, number in report["failures_by_reason"].items():
        reasons.add_row(reason, str(number))
    console.print(reasons)
    # No table: it would cut the identifiers, which people search for.
    for row in report["first_failures"]:
        url = f" ({row.url})" if row.url not in {None, row.identifier} else ""
        click.echo(_printable(f"{row.reason}: {row.identifier}{url}"))
        click.echo(_printable(f"    {row.detail}"))


def _printable(text: str) -> str:
    """Return a partner's text without what would steer a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
