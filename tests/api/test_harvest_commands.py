"""The commands about schedules and harvests, as an operator types them."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from iiif_dedup.store import harvests
from iiif_dedup.store.database import Database
from iiif_dedup.types import Ending
from tests.api.test_cli import call
from tests.api.test_harvesting import failing_harvest
from tests.store.examples import record, store

URL = "https://athens.example/collection.json"


@pytest.mark.usefixtures("data")
def test_a_schedule_is_given_changed_and_taken_away(app: Flask) -> None:
    plan = ("--schedule", "30 3 * * *", "--time-zone", "Europe/Athens")
    (added,) = json.loads(call(app, "sources", "add", "athens", URL, *plan, "--json").stdout)
    assert added["next_run_at"]
    (off,) = json.loads(call(app, "sources", "change", "athens", "--disable", "--json").stdout)
    assert (off["enabled"], off["schedule"], off["next_run_at"]) == (False, "30 3 * * *", None)
    change = ("sources", "change", "athens", "--enable", "--schedule", "", "--json")
    (on,) = json.loads(call(app, *change).stdout)
    assert (on["enabled"], on["schedule"], on["next_run_at"]) == (True, None, None)
    wrong = call(app, "sources", "change", "athens", "--schedule", "at night")
    assert (wrong.exit_code, "five fields" in wrong.stderr) == (1, True)
    assert call(app, "sources", "change", "berlin", "--title", "B").exit_code == 1
    assert call(app, "sources", "add", "b", URL, "--options", '{"odd": 1}').exit_code == 1


def test_a_report_is_read(app: Flask, data: Database) -> None:
    begun = failing_harvest(data, 3)
    shown = call(app, "harvests", "show", begun)
    assert shown.exit_code == 0
    for text in ("Harvest 1 of berlin: running", "failed", "not_json", "timed_out", "x/2"):
        assert text in shown.stdout
    report = json.loads(call(app, "harvests", "show", begun, "--json").stdout)
    assert report["failures_by_reason"] == {"not_json": 2, "timed_out": 1}
    listed = json.loads(call(app, "harvests", "list", "--source", "berlin", "--json").stdout)
    assert [item["id"] for item in listed] == [begun]
    (job,) = json.loads(call(app, "harvests", "retry", begun, "--json").stdout)
    assert job["arguments"] == {"source": "berlin", "only": begun}
    for command in ("show", "retry", "confirm", "dismiss"):
        assert call(app, "harvests", command, "a" * 20).exit_code == 1


def test_a_waiting_harvest_is_dismissed(app: Flask, data: Database) -> None:
    store(data, [record(n) for n in range(20)], job_id="full")
    with data.write() as session:
        empty = harvests.start(session, "athens", "empty")
        harvests.finish(session, empty.id, Ending(whole=True))
    assert "would delete 20 records" in call(app, "harvests", "show", empty.id).stdout
    (told,) = json.loads(call(app, "events", "--json").stdout)
    assert (told["kind"], told["subject"]) == ("harvest_waiting", "athens")
    (done,) = json.loads(call(app, "harvests", "dismiss", empty.id, "--json").stdout)
    assert done["state"] == "finished"
    assert call(app, "harvests", "confirm", empty.id).exit_code == 1
