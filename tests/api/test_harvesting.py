"""Sources, harvests and jobs."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from iiif_dedup.errors import Reason
from iiif_dedup.store import harvests
from iiif_dedup.store.database import Database
from iiif_dedup.types import RecordFailure
from tests.store.examples import add_source, store

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


def test_harvests_and_what_they_could_not_read(client: FlaskClient, data: Database) -> None:
    done = store(data, [], key="athens")
    with data.write() as session:
        add_source(session, "berlin")
        begun = harvests.start(session, "berlin", "another job")
        failure = RecordFailure("x/1", "https://x.example/1", Reason.NOT_JSON, "It is HTML.")
        harvests.store_batch(session, begun.id, [failure], None)
    assert {item["id"] for item in client.get("/harvests").get_json()["items"]} == {
        done.id, begun.id
    }  # fmt: skip
    (found,) = client.get("/harvests?source=berlin").get_json()["items"]
    assert (found["source"], found["number"], found["state"]) == ("berlin", 1, "running")
    assert client.get(f"/harvests/{begun.id}").get_json() == found
    path = found["failures"].removeprefix("http://127.0.0.1:8000")
    assert client.get(path).get_json() == {
        "items": [
            {
                "identifier": "x/1",
                "url": "https://x.example/1",
                "reason": "not_json",
                "detail": "It is HTML.",
            }
        ],
        "next": None,
    }
    assert client.get(f"/harvests/{'a' * 20}").status_code == 404
    assert client.get(f"/harvests/{'a' * 20}/failures").status_code == 404
