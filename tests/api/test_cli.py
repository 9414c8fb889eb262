"""The commands, as an operator types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from iiif_dedup.settings import Settings
from iiif_dedup.store import jobs, work
from iiif_dedup.store.database import Database
from tests.api.builders import claimed, museums, record_id, run
from tests.api.test_clones import NEAREST

REPOSITORY = Path(__file__).resolve().parents[2]
URL = "https://athens.example/collection.json"


def call(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=list(arguments))


@pytest.mark.usefixtures("data")
def test_sources_and_a_harvest(app: Flask) -> None:
    added = call(app, "sources", "add", "athens", URL, "--title", "Museum [bold]", "--json")
    assert json.loads(added.stdout)[0]["title"] == "Museum [bold]"
    assert "athens" in call(app, "sources", "list").stdout
    assert json.loads(call(app, "sources", "show", "athens").stdout)["endpoint"] == URL
    again = call(app, "sources", "add", "athens", URL)
    assert (again.exit_code, again.stderr.startswith("Error: There is a source")) == (1, True)
    harvest = json.loads(call(app, "harvest", "athens", "--json").stdout)[0]
    assert (harvest["kind"], harvest["state"]) == ("harvest", "queued")
    assert call(app, "harvest", "berlin").exit_code == 1
    assert call(app, "sources", "add", "x", URL, "--options", "[1]").exit_code == 2


def test_a_search_is_waited_for(app: Flask, data: Database) -> None:
    museums(data)
    run_id = run(data, record_id(1), NEAREST)
    with data.write() as session:
        job = work.enqueue_search(session, record_id(1), recipe="paper")
    claim = claimed(data, job.id)
    with claim.write() as session:
        claim.succeed(session, {"status": "found", "run": run_id})
    queued = json.loads(call(app, "search", record_id(1), "--image", "0", "--json").stdout)[0]
    other = claimed(data, queued["id"])
    with other.write() as session:
        other.succeed(session, {"status": "found", "run": run_id})
    assert call(app, "search", "a" * 20).exit_code == 1


def test_jobs(app: Flask, data: Database) -> None:
    museums(data)
    with data.write() as session:
        job = work.enqueue_search(session, record_id(1), recipe="paper")
    assert job.id in call(app, "jobs", "list").stdout
    assert json.loads(call(app, "jobs", "show", job.id).stdout)["state"] == "queued"
    assert json.loads(call(app, "jobs", "cancel", job.id, "--json").stdout)[0]["state"] == (
        "cancelled"
    )
    with data.read() as session:
        assert jobs.get(session, job.id) is not None
    assert call(app, "jobs", "show", "odd").exit_code == 1


def test_every_command_explains_itself(app: Flask) -> None:
    for arguments in (
        ("migrate",), ("settings",), ("openapi",), ("sources",), ("sources", "add"), ("harvest",),
        ("search",), ("jobs",), ("jobs", "cancel"), ("serve",), ("harvests",), ("harvests", "show"),
        ("events",), ("records",), ("same-records",), ("sources", "preview"), ("sources", "remove"),
        ("sources", "migrate"), ("sources", "change"),
    ):  # fmt: skip
        shown = call(app, *arguments, "--help")
        assert shown.exit_code == 0
        assert "Usage:" in shown.stdout


def test_settings_and_openapi(app: Flask) -> None:
    named = {line["name"] for line in json.loads(call(app, "settings", "--json").stdout)}
    assert named == set(Settings.model_fields)
    assert call(app, "settings", "--markdown").stdout.startswith("# Settings")
    assert json.loads(call(app, "openapi").stdout)["openapi"] == "3.1.0"


def flask(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin", "IIIF_DEDUP_DATA_DIR": str(tmp_path), **variables}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "api", *arguments],
        capture_output=True, text=True, check=False, cwd=REPOSITORY, env=environment, timeout=60,
    )  # fmt: skip


def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    unmigrated = flask(tmp_path, "jobs", "list")
    assert (unmigrated.returncode, unmigrated.stderr) == (
        1, "Error: The database is not migrated: run `flask --app api migrate` first.\n"
    )  # fmt: skip
    invalid = flask(tmp_path, "settings", IIIF_DEDUP_PORT="x")
    assert invalid.returncode == 1
    assert invalid.stderr.startswith("Error: IIIF_DEDUP_PORT is 'x'")
    exposed = flask(tmp_path, "serve", IIIF_DEDUP_HOST="0.0.0.0")
    assert exposed.returncode == 1
    assert "Set IIIF_DEDUP_API_KEY" in exposed.stderr
    assert "Traceback" not in unmigrated.stderr + invalid.stderr + exposed.stderr


def test_migrating_twice_is_fine(tmp_path: Path) -> None:
    first, second = (flask(tmp_path, "migrate") for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
