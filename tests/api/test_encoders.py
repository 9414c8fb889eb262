"""Encoders over HTTP and on the command line."""

from __future__ import annotations

import json

from flask import Flask
from flask.testing import FlaskClient

from iiif_dedup.store import encoders
from iiif_dedup.store.database import Database
from tests.api.conftest import AUTHORISED


def store_one(data: Database) -> None:
    with data.write() as session:
        encoders.store_built(
            session, "e1", b"weights", preprocessing="tiles", description={"seed": 7}, images=600,
            covered_sequence=700, job_id="j",
        )  # fmt: skip
        encoders.activate(session, "e1", {"table": {}})


def test_a_training_is_queued_once(client: FlaskClient, keyed: FlaskClient) -> None:
    assert keyed.post("/encoders").status_code == 401
    first, second = client.post("/encoders"), client.post("/encoders")
    assert first.status_code == second.status_code == 202
    assert first.get_json()["kind"] == "train_encoder"
    assert first.headers["Location"] == second.headers["Location"]


def test_encoders_are_listed_without_their_weights(
    client: FlaskClient, keyed: FlaskClient, data: Database
) -> None:
    assert client.get("/encoders").get_json() == {"items": [], "next": None}
    store_one(data)
    assert keyed.get("/encoders").status_code == 401
    (found,) = keyed.get("/encoders", headers=AUTHORISED).get_json()["items"]
    assert (found["id"], found["state"], found["images"]) == ("e1", "active", 600)
    assert (found["description"], found["job"]) == ({"seed": 7}, "j")
    assert "weights" not in found


def test_the_commands(app: Flask, data: Database) -> None:
    store_one(data)
    run = app.test_cli_runner().invoke
    listed = run(args=["encoder", "list", "--json"])
    assert listed.exit_code == 0, listed.output
    assert [row["id"] for row in json.loads(listed.output)] == ["e1"]
    assert "active" in run(args=["encoder", "list"]).output
    queued = run(args=["encoder", "train", "--json"])
    assert json.loads(queued.output)[0]["kind"] == "train_encoder"
