"""Commands for searches and jobs."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from api.blueprints.jobs import job_json
from api.cli.common import (
    command,
    hand_over,
    json_option,
    migrated_service,
    print_json,
    print_rows,
    wait_option,
)
from api.schemas.harvesting import Job
from iiif_dedup.errors import StoreError
from iiif_dedup.search.recipes import DEFAULT_RECIPE, RECIPES
from iiif_dedup.store import clones, records, work
from iiif_dedup.store import jobs as store
from iiif_dedup.store.models import Job as JobRow

jobs = AppGroup("jobs", help="List, show and cancel jobs.")

_COLUMNS = ("id", "kind", "state", "created_at", "finished_at", "error")
_SHOWN = 10


@command("search")
@click.argument("record")
@click.option("--image", type=click.IntRange(min=0), help="Position of the picture to start from.")
@click.option("--recipe", type=click.Choice(sorted(RECIPES)), default=DEFAULT_RECIPE)
@wait_option
@json_option
def search(record: str, *, image: int | None, recipe: str, wait: bool, as_json: bool) -> None:
    """Queue a search for clones of RECORD; a running service does it."""
    found = migrated_service()
    with found.database.write() as session:
        if records.get(session, record) is None:
            raise StoreError(f"There is no record {record!r}.")
        job = work.enqueue_search(session, record, position=image, recipe=recipe)
    job = hand_over(found, job, wait=wait, as_json=as_json)
    run_id = (job.result or {}).get("run")
    if run_id and not as_json:
        _print_nearest(str(run_id))


@command("list")
@json_option
def list_jobs(as_json: bool) -> None:
    """List the newest jobs."""
    with migrated_service().database.read() as session:
        rows = [job_json(row) for row in store.list_jobs(session).items]
    print_rows(rows, _COLUMNS, Job(), as_json=as_json)


@command("show")
@click.argument("job")
def show_job(job: str) -> None:
    """Show JOB as JSON."""
    with migrated_service().database.read() as session:
        print_json(Job().dump(job_json(_known(store.get(session, job), job))))


@command("cancel")
@click.argument("job")
@json_option
def cancel_job(job: str, as_json: bool) -> None:
    """Ask JOB to stop: at once while it is queued, else at its next checkpoint."""
    with migrated_service().database.write() as session:
        shaped = job_json(_known(store.request_cancel(session, job), job))
    print_rows([shaped], _COLUMNS, Job(), as_json=as_json)


for _subcommand in (list_jobs, show_job, cancel_job):
    jobs.add_command(_subcommand)


def _known(row: JobRow | None, job: str) -> JobRow:
    if row is None:
        raise StoreError(f"There is no job {job!r}; `flask --app api jobs list` lists them.")
    return row


def _print_nearest(run_id: str) -> None:
    found = migrated_service()
    with found.database.read() as session:
        run = clones.load_run(session, run_id)
        nearest = clones.suggestions(session, run)[:_SHOWN] if run else []
    for item in nearest:
        link = found.urls.viewer(run.record_id, item.record.id) if run else ""
        click.echo(f"{item.best.norm:8.3f}  {item.record.identifier}  {link}")
