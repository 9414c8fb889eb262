"""Commands that take sources and records down, and that move sources."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from api import removing, sourcing
from api.cli.common import (
    JsonObject,
    command,
    hand_over,
    json_option,
    migrated_service,
    print_json,
    wait_option,
)
from harvesters import get_harvester, protocols
from iiif_dedup.store import removal
from iiif_dedup.store import same_records as same_store
from iiif_dedup.store import sources as source_store
from workers.fetchers import fetcher_for

records = AppGroup("records", help="Single records: take them down, bring them back.")
same_records = AppGroup("same-records", help="Records that came by two routes.")


@command("remove")
@click.argument("key")
@click.option("--purge", is_flag=True, help="Delete pixels that no other record uses as well.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove_source(key: str, *, purge: bool, yes: bool, as_json: bool) -> None:
    """Take the source KEY down, after showing what that concerns; verdicts are kept."""
    found = migrated_service()
    with found.database.read() as session:
        counts = removing.numbers(removal.preview(session, key))
    if not yes:
        _print_counts(counts)
        click.confirm(f"Remove the source {key}{' and its pixels' if purge else ''}?", abort=True)
    removed = removing.remove(found, key, purge=purge)
    if as_json:
        print_json(removed)
    else:
        click.echo("Removed:")
        _print_counts(removed)


@command("migrate")
@click.argument("key")
@click.argument("endpoint")
@click.option("--protocol", type=click.Choice(protocols()), required=True)
@click.option("--options", type=JsonObject(), default="{}", help="What the harvester takes.")
@click.option("--dry-run", is_flag=True, help="Read it all, store nothing, show what would match.")
@wait_option
@json_option
def migrate_source(
    key: str,
    endpoint: str,
    *,
    protocol: str,
    options: dict[str, Any],
    dry_run: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Harvest KEY from ENDPOINT from now on; records found again keep their ids."""
    found = migrated_service()
    given = {"protocol": protocol, "endpoint": endpoint, "options": options}
    if dry_run:
        _rehearse(key, given)
        return
    job = sourcing.move(found, key, given)
    hand_over(found, job, wait=wait, as_json=as_json)


@command("withdraw")
@click.argument("record")
def withdraw_record(record: str) -> None:
    """Take RECORD down; it stays down when it is harvested again."""
    with migrated_service().database.write() as session:
        removal.withdraw(session, record)
    click.echo(f"The record {record} is withdrawn.")


@command("restore")
@click.argument("record")
def restore_record(record: str) -> None:
    """Bring RECORD back that was withdrawn."""
    with migrated_service().database.write() as session:
        removal.restore(session, record)
    click.echo(f"The record {record} is back.")


@command("list")
@click.option("--source", help="That one of the two is in.")
def list_same_records(source: str | None) -> None:
    """List pairs of records that are one, as JSON."""
    with migrated_service().database.read() as session:
        page = same_store.list_pairs(session, source_key=source, limit=1000)
    names = ("first_id", "second_id", "rule", "undone")
    print_json([{name: getattr(pair, name) for name in names} for pair in page.items])


@command("undo")
@click.argument("first")
@click.argument("second")
def undo_same_record(first: str, second: str) -> None:
    """Say that FIRST and SECOND are not the same record; nobody finds it again."""
    with migrated_service().database.write() as session:
        same_store.undo(session, first, second)
    click.echo("They are two records.")


@command("redo")
@click.argument("first")
@click.argument("second")
def redo_same_record(first: str, second: str) -> None:
    """Say that FIRST and SECOND are the same record after all."""
    with migrated_service().database.write() as session:
        same_store.redo(session, first, second)
    click.echo("They are one record.")


for _subcommand in (withdraw_record, restore_record):
    records.add_command(_subcommand)
for _subcommand in (list_same_records, undo_same_record, redo_same_record):
    same_records.add_command(_subcommand)


def _rehearse(key: str, given: dict[str, Any]) -> None:
    """Read the source from its new place, store nothing, and print what would become of it."""
    # The pipeline loads torch, which the web process does without.
    from iiif_dedup.pipeline.moving import rehearse_move  # noqa: PLC0415

    found = migrated_service()
    with found.database.read() as session:
        row = source_store.get_one(session, key)
    sourcing.check(found.settings, {"key": key, "politeness": row.politeness, **given})
    with fetcher_for(found.settings, key, given["endpoint"], row.politeness) as fetcher:
        make = get_harvester(given["protocol"])
        harvester = make(given["endpoint"], given["options"], fetcher)
        counts = rehearse_move(found.database, key, harvester.harvest())
    print_json(
        {
            "known": counts.known,
            "matched": dict(counts.matched),
            "new": counts.new,
            "left": counts.left,
        }
    )


def _print_counts(counts: dict[str, int]) -> None:
    for name, number in counts.items():
        click.echo(f"  {name.replace('_', ' ')}: {number:,}")
