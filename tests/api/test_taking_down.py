"""Sources that are removed or moved, records that are withdrawn or known by former ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from iiif_dedup.store.database import Database
from iiif_dedup.store.models import RecordAlias, SameRecord
from tests.api.builders import museums, record_id, run
from tests.api.test_cli import call
from tests.api.test_clones import NEAREST
from tests.harvesters.partner import serving
from tests.store.examples import record, store

FORMER = "a" * 20
BASE = "http://127.0.0.1:8000"


def states(client: FlaskClient, source: str) -> set[str]:
    found = client.get(f"/records?source={source}").get_json()["items"]
    return {item["state"] for item in found}


def test_a_removal_is_shown_before_it_is_done(client: FlaskClient, data: Database) -> None:
    museums(data)
    shown = client.get("/sources/athens/removal").get_json()["counts"]
    assert (shown["records"], shown["images"]) == (4, 4)
    assert states(client, "athens") == {"active"}
    removed = client.delete("/sources/athens?purge=true")
    assert (removed.status_code, removed.get_json()["counts"]) == (200, shown)
    assert states(client, "athens") == {"deleted"}
    assert states(client, "berlin") == {"active"}
    assert client.get("/sources/athens").get_json()["enabled"] is False
    assert client.get("/sources/athens/removal").get_json()["counts"]["records"] == 0
    assert client.get(f"/records/{record_id(1)}").status_code == 410
    assert client.get("/sources/cairo/removal").status_code == 404
    assert client.delete("/sources/cairo").status_code == 404


def test_the_command_asks_before_it_removes(app: Flask, data: Database) -> None:
    museums(data)
    client = app.test_client()
    refused = app.test_cli_runner().invoke(args=["sources", "remove", "athens"], input="n\n")
    assert refused.exit_code == 1
    assert "records: 4" in refused.stdout
    assert states(client, "athens") == {"active"}
    removed = json.loads(call(app, "sources", "remove", "athens", "--yes", "--json").stdout)
    assert removed["records"] == 4
    assert states(client, "athens") == {"deleted"}


def test_a_withdrawn_record_is_gone_until_it_is_restored(
    client: FlaskClient, keyed: FlaskClient, data: Database
) -> None:
    museums(data)
    run(data, record_id(1), NEAREST)
    url = f"/records/{record_id(1)}"
    assert client.post(f"{url}/withdraw").status_code == 204
    for path in (url, f"{url}/clones", f"/iiif{url}/manifest"):
        answer = client.get(path)
        assert answer.status_code == 410
        problem = answer.get_json()
        assert problem["type"].endswith("/problems/record-withdrawn")
        assert "record" not in problem
    assert states(client, "athens") == {"active", "withdrawn"}
    assert states(keyed, "athens") == {"active"}
    store(data, [record(n) for n in range(1, 5)], job_id="again")
    assert client.get(url).status_code == 410
    assert client.post(f"{url}/restore").status_code == 204
    assert client.get(url).status_code == 200
    assert client.post(f"{url}/restore").status_code == 409
    assert client.post(f"/records/{FORMER}/withdraw").status_code == 404
    assert keyed.post(f"{url}/withdraw").status_code == 401


def test_the_commands_withdraw_and_restore(app: Flask, data: Database) -> None:
    museums(data)
    assert call(app, "records", "withdraw", record_id(1)).exit_code == 0
    assert app.test_client().get(f"/records/{record_id(1)}").status_code == 410
    assert call(app, "records", "restore", record_id(1)).exit_code == 0
    assert call(app, "records", "restore", record_id(1)).exit_code == 1


@pytest.mark.parametrize(
    "path",
    [
        "/records/{}",
        "/records/{}/clones?limit=3",
        "/iiif/records/{}/manifest?lang=el",
        "/iiif/records/{}/canvas/0/clones",
        "/records/{}/mirador",
    ],
)
def test_a_former_id_leads_to_the_record(client: FlaskClient, data: Database, path: str) -> None:
    museums(data)
    with data.write() as session:
        now = datetime.now(UTC)
        session.add(RecordAlias(id=FORMER, record_id=record_id(1), created_at=now))
    answer = client.get(path.format(FORMER), headers={"Host": "127.0.0.1:9"})
    assert answer.status_code == 308
    assert answer.headers["Location"] == BASE + path.format(record_id(1))


def test_a_former_id_of_a_candidate_and_of_a_search(client: FlaskClient, data: Database) -> None:
    museums(data)
    with data.write() as session:
        now = datetime.now(UTC)
        session.add(RecordAlias(id=FORMER, record_id=record_id(1), created_at=now))
    beside = client.get(f"/records/{record_id(2)}/mirador?candidate={FORMER}")
    expected = f"{BASE}/records/{record_id(2)}/mirador?candidate={record_id(1)}"
    assert beside.headers["Location"] == expected
    searched = client.post(f"/records/{FORMER}/clones", json={})
    assert searched.status_code == 308


def test_the_same_record_by_another_route(client: FlaskClient, app: Flask, data: Database) -> None:
    museums(data)
    first, second = sorted([record_id(1), record_id(5, "berlin")])
    with data.write() as session:
        pair = SameRecord(
            first_id=first, second_id=second, rule="landing_page", created_at=datetime.now(UTC)
        )
        session.add(pair)
    (twin,) = client.get(f"/records/{record_id(1)}").get_json()["same_records"]
    assert twin["id"] == record_id(5, "berlin")
    (listed,) = client.get("/same-records?source=berlin").get_json()["items"]
    assert [item["id"] for item in listed["records"]] == [first, second]
    assert (listed["rule"], listed["undone"]) == ("landing_page", False)
    assert client.post(f"/same-records/{first}/{second}/undo").status_code == 204
    assert client.get(f"/records/{record_id(1)}").get_json()["same_records"] == []
    assert client.get("/same-records").get_json()["items"][0]["undone"] is True
    assert client.post(f"/same-records/{first}/{second}/redo").status_code == 204
    assert client.post(f"/same-records/{first}/{record_id(2)}/undo").status_code == 404
    shown = json.loads(call(app, "same-records", "list").stdout)
    assert shown == [
        {"first_id": first, "second_id": second, "rule": "landing_page", "undone": False}
    ]
    assert call(app, "same-records", "undo", first, second).exit_code == 0


def test_a_source_moves(client: FlaskClient, app: Flask, data: Database) -> None:
    museums(data)
    with serving() as partner:
        partner.collection("/all", partner.manifest("/1"), partner.manifest("/2"))
        near = {"allow_loopback": True, "delay_s": 0}
        client.patch("/sources/athens", json={"politeness": near})
        where = (partner.url("/all"), "--protocol", "iiif_collection")
        dry = call(app, "sources", "migrate", "athens", *where, "--dry-run")
        assert dry.exit_code == 0, dry.output
        counts = json.loads(dry.stdout)
        assert counts["known"] == 0
        assert counts["new"] + sum(counts["matched"].values()) == 2
    body = {"protocol": "iiif_collection", "endpoint": "https://new.example/all"}
    assert client.get("/sources/athens").get_json()["endpoint"] != body["endpoint"]
    moved = client.post("/sources/athens/moves", json=body)
    assert (moved.status_code, moved.get_json()["kind"]) == (202, "harvest")
    assert client.get("/sources/athens").get_json()["endpoint"] == body["endpoint"]
    refused = client.post("/sources/athens/moves", json={**body, "endpoint": "ftp://x"})
    assert refused.status_code == 422
    assert client.post("/sources/cairo/moves", json=body).status_code == 404
