"""Sources, harvests and jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from iiif_dedup.errors import Reason
from iiif_dedup.store import harvests, sources
from iiif_dedup.store.database import Database
from iiif_dedup.types import Ending, RecordFailure
from tests.store.examples import add_source, record, store

SOURCE = {
    "key": "athens",
    "title": "Museum of Athens",
    "endpoint": "https://athens.example/collection.json",
    "politeness": {"delay_s": 1.0},
}


def test_a_source_is_added_shown_listed_and_changed(client: FlaskClient) -> None:
    added = client.post("/sources", json=SOURCE)
    assert added.status_code == 201
    assert added.headers["Location"] == "http://127.0.0.1:8000/sources/athens"
    shown = client.get("/sources/athens").get_json()
    assert shown == added.get_json()
    assert shown["protocol"] == "iiif_collection"
    assert shown["enabled"] is True
    assert client.get("/sources").get_json() == {"items": [shown], "next": None}
    changed = client.patch("/sources/athens", json={"title": "Athens", "enabled": False})
    assert changed.status_code == 200
    assert changed.get_json() == {**shown, "title": "Athens", "enabled": False}


def test_a_source_cannot_be_added_twice(client: FlaskClient) -> None:
    client.post("/sources", json=SOURCE)
    again = client.post("/sources", json=SOURCE)
    assert (again.status_code, again.get_json()["type"].rpartition("/")[2]) == (409, "conflict")


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"key": "Athens"}, "key"),
        ({"key": "a" * 65}, "key"),
        ({"key": "athens\n"}, "key"),
        ({"title": ""}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"endpoint": "ftp://athens.example/c"}, "endpoint"),
        ({"endpoint": "https://user:secret@athens.example/c"}, "endpoint"),
        ({"protocol": "gopher"}, "protocol"),
        ({"options": {"odd": 1}}, "options"),
        ({"politeness": {"delay_s": -1}}, "politeness"),
        ({"enabled": None}, "enabled"),
        ({"schedule": "every night"}, "schedule"),
        ({"schedule": ""}, "schedule"),
        ({"schedule": "0 3 * * *", "time_zone": "Atlantis"}, "time_zone"),
        ({"endpoint": "file:///etc/passwd"}, "endpoint"),
    ],
)
def test_what_a_source_cannot_be(
    client: FlaskClient, changed: dict[str, object], name: str
) -> None:
    answer = client.post("/sources", json={**SOURCE, **changed})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["name"] == name
    client.post("/sources", json=SOURCE)
    if name not in {"key", "protocol"}:
        assert client.patch("/sources/athens", json=changed).status_code == 422


def test_a_schedule_says_when_the_next_harvest_is(client: FlaskClient) -> None:
    plan = {"schedule": "30 3 * * *", "time_zone": "Europe/Athens"}
    shown = client.post("/sources", json={**SOURCE, **plan}).get_json()
    assert {name: shown[name] for name in plan} == plan
    following = datetime.fromisoformat(shown["next_run_at"]).astimezone(ZoneInfo("Europe/Athens"))
    assert (following.hour, following.minute) in {(3, 30), (4, 0)}
    assert timedelta() < following - datetime.now(UTC) < timedelta(days=1, hours=1)
    renamed = client.patch("/sources/athens", json={"title": "Athens"}).get_json()
    assert renamed["next_run_at"] == shown["next_run_at"]
    disabled = client.patch("/sources/athens", json={"enabled": False}).get_json()
    assert (disabled["next_run_at"], disabled["schedule"]) == (None, "30 3 * * *")
    enabled = client.patch("/sources/athens", json={"enabled": True}).get_json()
    assert enabled["next_run_at"] == shown["next_run_at"]
    on_demand = client.patch("/sources/athens", json={"schedule": None}).get_json()
    assert (on_demand["schedule"], on_demand["next_run_at"]) == (None, None)
    assert on_demand["time_zone"] == "Europe/Athens"


def test_a_source_shows_its_last_harvest(client: FlaskClient, data: Database) -> None:
    assert client.post("/sources", json=SOURCE).get_json()["last_harvest"] is None
    store(data, [], key="athens", job_id="first")
    done = store(data, [], key="athens", job_id="second")
    (shown,) = client.get("/sources").get_json()["items"]
    assert shown["last_harvest"]["id"] == done.id
    assert shown["last_harvest"]["state"] == "finished"
    assert client.get("/sources/athens").get_json() == shown


def test_one_harvest_at_a_time(client: FlaskClient) -> None:
    assert client.post("/sources/athens/harvests").status_code == 404
    client.post("/sources", json=SOURCE)
    first, second = (client.post("/sources/athens/harvests") for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.headers["Location"] == second.headers["Location"]
    job = client.get(first.headers["Location"].removeprefix("http://127.0.0.1:8000")).get_json()
    assert (job["kind"], job["state"], job["arguments"]) == (
        "harvest", "queued", {"source": "athens"}
    )  # fmt: skip
    assert job["progress"] == {"done": 0, "total": None, "text": ""}


def test_a_disabled_source_is_not_harvested(client: FlaskClient) -> None:
    client.post("/sources", json={**SOURCE, "enabled": False})
    assert client.post("/sources/athens/harvests").status_code == 409


def test_jobs_are_listed_filtered_paged_and_cancelled(client: FlaskClient) -> None:
    for key in ("athens", "berlin", "cairo"):
        client.post("/sources", json={**SOURCE, "key": key})
        client.post(f"/sources/{key}/harvests")
    page = client.get("/jobs?limit=2").get_json()
    assert len(page["items"]) == 2
    rest = client.get(f"/jobs?limit=2&cursor={page['next']}").get_json()
    assert (len(rest["items"]), rest["next"]) == (1, None)
    cancelled = client.post(f"/jobs/{page['items'][0]['id']}/cancel")
    assert (cancelled.status_code, cancelled.get_json()["state"]) == (200, "cancelled")
    assert len(client.get("/jobs?state=queued&kind=harvest").get_json()["items"]) == 2
    assert client.get("/jobs?kind=search").get_json()["items"] == []
    assert client.post(f"/jobs/{'a' * 20}/cancel").status_code == 404


def failing_harvest(data: Database, number: int, key: str = "berlin") -> str:
    """Begin a harvest with so many failures, and return its id."""
    reasons = [Reason.NOT_JSON, Reason.NOT_JSON, Reason.TIMED_OUT]
    failures = [
        RecordFailure(f"x/{n}", f"https://x.example/{n}", reasons[n % 3], "<b>It is HTML.</b>")
        for n in range(number)
    ]
    with data.write() as session:
        if sources.get(session, key) is None:
            add_source(session, key)
        begun = harvests.start(session, key, f"job {number}")
        harvests.store_batch(session, begun.id, [record(1), *failures], None)
        return begun.id


def test_harvests_and_what_they_could_not_read(client: FlaskClient, data: Database) -> None:
    done = store(data, [], key="athens")
    begun = failing_harvest(data, 1)
    assert {item["id"] for item in client.get("/harvests").get_json()["items"]} == {
        done.id, begun
    }  # fmt: skip
    (found,) = client.get("/harvests?source=berlin").get_json()["items"]
    assert (found["source"], found["number"], found["state"]) == ("berlin", 1, "running")
    path = found["failures"].removeprefix("http://127.0.0.1:8000")
    failures = [
        {
            "identifier": "x/0",
            "url": "https://x.example/0",
            "reason": "not_json",
            "detail": "<b>It is HTML.</b>",
        }
    ]
    assert client.get(path).get_json() == {"items": failures, "next": None}
    report = client.get(f"/harvests/{begun}").get_json()
    assert report["first_failures"] == failures
    assert report["failures_by_reason"] == {"not_json": 1}
    assert report["counts"]["failed"] == report["counts"]["new"] == 1
    assert report["duration_s"] >= 0
    for what in ("", "/failures", "/report"):
        assert client.get(f"/harvests/{'a' * 20}{what}").status_code == 404


def test_a_report_shows_the_first_hundred_failures(client: FlaskClient, data: Database) -> None:
    begun = failing_harvest(data, 150)
    report = client.get(f"/harvests/{begun}").get_json()
    assert list(report["failures_by_reason"].items()) == [("not_json", 100), ("timed_out", 50)]
    assert len(report["first_failures"]) == 100
    page = client.get(f"/harvests/{begun}/report")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    text = page.get_data(as_text=True)
    assert "&lt;b&gt;It is HTML.&lt;/b&gt;" in text
    assert "<b>" not in text
    assert " style=" not in text
    assert text.count("<rect") == 8
    assert "The first 100 failures" in text
    entrance = client.get("/").get_data(as_text=True)
    assert f'<a href="http://127.0.0.1:8000/harvests/{begun}/report">berlin 1</a>' in entrance


def test_what_failed_is_read_again(client: FlaskClient, data: Database) -> None:
    begun = failing_harvest(data, 3)
    answer = client.post(f"/harvests/{begun}/retry")
    assert answer.status_code == 202
    assert answer.get_json()["arguments"] == {"source": "berlin", "only": begun}
    done = store(data, [], key="athens")
    assert client.post(f"/harvests/{done.id}/retry").status_code == 409
    assert client.post(f"/harvests/{'a' * 20}/retry").status_code == 404


@pytest.mark.parametrize(("decision", "left"), [("confirm", 0), ("dismiss", 20)])
def test_a_waiting_harvest_is_decided_about(
    client: FlaskClient, data: Database, decision: str, left: int
) -> None:
    store(data, [record(n) for n in range(20)], job_id="full")
    with data.write() as session:
        empty = harvests.start(session, "athens", "empty")
        harvests.finish(session, empty.id, Ending(whole=True))
    shown = client.get(f"/harvests/{empty.id}").get_json()
    assert (shown["state"], shown["counts"]["would_delete"]) == ("waiting", 20)
    assert "waits for you" in client.get(f"/harvests/{empty.id}/report").get_data(as_text=True)
    (told,) = client.get("/events").get_json()["items"]
    assert (told["kind"], told["subject"]) == ("harvest_waiting", "athens")
    decided = client.post(f"/harvests/{empty.id}/{decision}")
    assert (decided.status_code, decided.get_json()["state"]) == (200, "finished")
    assert client.post(f"/harvests/{empty.id}/{decision}").status_code == 409
    states = [item["state"] for item in client.get("/records?limit=50").get_json()["items"]]
    assert states.count("active") == left
