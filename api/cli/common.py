"""What the commands share: sentences for errors, tables for people, JSON for machines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import marshmallow as ma
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from api.blueprints.jobs import job_json
from api.context import Service, service
from api.schemas.harvesting import Job as JobSchema
from iiif_dedup.errors import IiifDedupError, StoreError
from iiif_dedup.store import jobs, migrate
from iiif_dedup.store.jobs import JobState
from iiif_dedup.store.models import Job
from workers.queues import wake

Function = TypeVar("Function", bound=Callable[..., Any])
_POLL_S = 0.2

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
wait_option = click.option("--wait", is_flag=True, help="Show progress until it has ended.")


class JsonObject(click.ParamType[dict[str, Any]]):
    """A JSON object on the command line, or `@FILE` that holds one."""

    name = "json"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, Any]:
        """Return the JSON object that was written on the command line or in a file."""
        if isinstance(value, dict):
            return value
        if value.startswith("@"):
            try:
                value = Path(value[1:]).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                self.fail(f"expected a file with a JSON object: {error}", param, ctx)
        try:
            found = json.loads(value)
        except ValueError as error:
            self.fail(f"expected a JSON object or @FILE, got {value[:200]!r}: {error}", param, ctx)
        if not isinstance(found, dict):
            self.fail(f"expected a JSON object, got {value!r}", param, ctx)
        return found


class _Command(click.Command):
    """A command that ends with a sentence where the engine says what is wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except IiifDedupError as error:
            raise click.ClickException(str(error)) from error


def command(name: str) -> Callable[[Function], click.Command]:
    """Return a decorator that makes a function a command of the application."""

    def decorate(function: Function) -> click.Command:
        return click.command(name, cls=_Command)(with_appcontext(function))

    return decorate


def migrated_service() -> Service:
    """Return the service, with its database in the newest version.

    Raises:
        StoreError: It has another one.
    """
    found = service()
    if not migrate.is_current(found.database):
        raise StoreError("The database is not migrated: run `flask --app api migrate` first.")
    return found


def print_json(value: object) -> None:
    """Print JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], schema: ma.Schema, *, as_json: bool
) -> None:
    """Print rows as a table of `columns`, or all of them as JSON in the API's shape."""
    shaped: list[dict[str, Any]] = [schema.dump(row) for row in rows]
    if as_json:
        print_json(shaped)
        return
    table = Table(*columns, box=None)
    for row in shaped:
        # Text, since partners' titles may hold what rich takes for markup.
        table.add_row(*(Text("" if row.get(name) is None else str(row[name])) for name in columns))
    Console().print(table)


def hand_over(found: Service, job: Job, *, wait: bool, as_json: bool) -> Job:
    """Wake a worker for a queued job, watch it if asked to, print it, and return it.

    Raises:
        StoreError: As `watch`.
    """
    wake(found.redis, job)
    if wait:
        job = watch(found, job)
    print_rows([job_json(job)], ("id", "kind", "state", "result"), JobSchema(), as_json=as_json)
    return job


def watch(found: Service, job: Job) -> Job:
    """Show a job's progress on stderr until it has ended, and return it.

    Raises:
        StoreError: It failed or was cancelled.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(f"{job.kind} {job.state}", total=None)
        while True:
            with found.database.read() as session:
                job = jobs.get(session, job.id) or job
            text = job.progress_text or ("waiting for a worker" if job.state == "queued" else "")
            progress.update(
                task,
                description=f"{job.kind} {job.state} {text}".strip(),
                completed=job.progress_done,
                total=job.progress_total,
            )
            if job.state not in {JobState.QUEUED, JobState.RUNNING}:
                break
            time.sleep(_POLL_S)
    if job.state != JobState.SUCCEEDED:
        raise StoreError(f"The job {job.id} is {job.state}: {job.error or 'no reason is known'}")
    return job
