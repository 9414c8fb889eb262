"""A look at a URL before it becomes a source."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.context import service_of
from iiif_dedup.store import records, sources
from iiif_dedup.store.database import Database
from tests.api.test_cli import call
from tests.harvesters.partner import Partner, serving

NEAR = {"allow_loopback": True, "delay_s": 0}


@pytest.fixture
def partner() -> Iterator[Partner]:
    with serving() as here:
        here.collection("/all", *[here.manifest(f"/{number}") for number in range(7)])
        yield here


def test_a_preview_shows_records_and_stores_nothing(
    client: FlaskClient, data: Database, partner: Partner
) -> None:
    asked = {"url": partner.url("/all"), "politeness": NEAR}
    shown = client.post("/sources/preview", json=asked).get_json()
    assert (shown["protocol"], shown["endpoint"]) == ("iiif_collection", partner.url("/all"))
    assert (shown["total"], len(shown["records"])) == (7, 5)
    first = shown["records"][0]
    assert first["titles"] == {"en": ["/0"]}
    assert first["images"][0]["url"] == partner.url("/0.jpg")
    assert shown["estimate"]["images"] == 7
    with data.read() as session:
        assert not sources.list_sources(session).items
        assert not records.list_records(session).items


@pytest.mark.parametrize(
    ("path", "further", "reason"),
    [
        ("/nothing", {}, "unknown_protocol"),
        ("/all", {"protocol": "oai_pmh"}, None),
        ("/all", {"politeness": {"delay_s": 0}}, "address_refused"),
        ("/all", {"politeness": {"odd": 1}}, None),
        ("/all", {"protocol": "iiif_collection", "options": {"odd": 1}}, None),
    ],
)
def test_what_cannot_be_previewed_says_why(
    client: FlaskClient, partner: Partner, path: str, further: dict[str, object], reason: str | None
) -> None:
    asked = {"url": partner.url(path), "politeness": NEAR, **further}
    answer = client.post("/sources/preview", json=asked)
    assert answer.status_code == 422
    problem = answer.get_json()
    assert problem["type"].endswith("/problems/no-preview")
    if reason:
        assert problem["reason"] == reason


def test_previews_need_the_key_and_room(
    app: Flask, client: FlaskClient, keyed: FlaskClient, partner: Partner
) -> None:
    asked = {"url": partner.url("/all"), "politeness": NEAR}
    assert keyed.post("/sources/preview", json=asked).status_code == 401
    waiting = service_of(app).waiting
    while waiting.acquire(blocking=False):
        pass
    answer = client.post("/sources/preview", json=asked)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "20")


def test_the_command_says_how_to_add_the_source(app: Flask, partner: Partner) -> None:
    arguments = ("sources", "preview", partner.url("/all"), "--politeness", json.dumps(NEAR))
    shown = call(app, *arguments)
    assert shown.exit_code == 0, shown.output
    assert "iiif_collection: 7 records" in shown.stdout
    assert f"sources add KEY {partner.url('/all')} --protocol iiif_collection" in shown.stdout
    assert json.loads(call(app, *arguments, "--json").stdout)["total"] == 7
    failed = call(app, "sources", "preview", partner.url("/nothing"), "--politeness", "{}")
    assert failed.exit_code == 1
