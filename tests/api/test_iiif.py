"""IIIF pages: valid, open to every site, quiet, and gone when they should be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.context import service_of
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.models import Image, ImageVersion, Record
from iiif_dedup.types import ImageRef
from tests.api.builders import FINISHED, image_id, museums, record_id, run
from tests.api.test_clones import NEAREST
from tests.publish.examples import assert_valid
from tests.store.examples import record, see_all, seen, store

ANCHOR = record_id(1)
MANIFEST = f"/iiif/records/{ANCHOR}/manifest"
PAGE = f"/iiif/records/{ANCHOR}/canvas/0/clones"


def local(url: str) -> str:
    return url.removeprefix("http://127.0.0.1:8000")


def test_manifest_page_and_annotations_hold_together(
    client: FlaskClient, data: Database, shared: Path
) -> None:
    museums(data)
    run(data, ANCHOR, NEAREST)
    manifest = client.get(MANIFEST).get_json()
    assert_valid(manifest, shared)
    (reference,) = manifest["items"][0]["annotations"]
    page = client.get(local(reference["id"])).get_json()
    assert_valid(page, shared)
    assert page["id"] == reference["id"]
    # Three of the five are within τ.
    assert len(page["items"]) == 3
    for item in page["items"]:
        assert item["target"]["source"]["id"] == manifest["items"][0]["id"]
        alone = client.get(local(item["id"])).get_json()
        assert_valid(alone, shared)
        assert {name: value for name, value in alone.items() if name != "@context"} == item
    clones = client.get(f"/records/{ANCHOR}/clones").get_json()
    linked = [clone["iiif"]["annotation"] for clone in clones["items"][:3]]
    assert linked == [item["id"] for item in page["items"]]


def test_pages_exist_before_any_search_and_start_none(
    client: FlaskClient, data: Database, shared: Path
) -> None:
    museums(data)
    page = client.get(PAGE)
    assert_valid(page.get_json(), shared)
    assert page.get_json()["items"] == []
    with data.read() as session:
        assert jobs.list_jobs(session).items == ()


@pytest.mark.parametrize("path", [MANIFEST, PAGE, "/iiif/records/x/manifest"])
def test_every_site_may_read(client: FlaskClient, data: Database, path: str) -> None:
    museums(data)
    foreign = {"Origin": "https://viewer.example", "Sec-Fetch-Site": "cross-site"}
    assert client.get(path, headers=foreign).headers["Access-Control-Allow-Origin"] == "*"
    assert client.head(path, headers=foreign).headers["Access-Control-Allow-Origin"] == "*"


def test_preflight(client: FlaskClient, data: Database) -> None:
    museums(data)
    answer = client.options(PAGE, headers={"Origin": "https://viewer.example"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]


def test_other_paths_are_not_open_to_sites(client: FlaskClient) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/records").headers


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'),
        ("application/json", "application/json"),
        ("application/ld+json", 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'),
        ("text/html", 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'),
    ],
)  # fmt: skip
def test_content_negotiation(
    client: FlaskClient, data: Database, accept: str, content_type: str
) -> None:
    museums(data)
    answer = client.get(MANIFEST, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == content_type
    assert "Accept" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(
        MANIFEST, headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_greek_pages_have_ids_of_their_own(client: FlaskClient, data: Database) -> None:
    museums(data)
    run(data, ANCHOR, NEAREST)
    manifest = client.get(f"{MANIFEST}?lang=el").get_json()
    page = client.get(local(manifest["items"][0]["annotations"][0]["id"])).get_json()
    assert page["id"].endswith("?lang=el")
    assert "τέχνεργο" in page["items"][0]["body"][0]["value"]
    assert client.get(f"{MANIFEST}?lang=de").status_code == 422


def test_the_page_of_another_picture_shows_its_own_search(
    client: FlaskClient, data: Database
) -> None:
    museums(data, pictures=2)
    run(data, ANCHOR, [(image_id(2), 0.1)], position=1)
    assert client.get(PAGE).get_json()["items"] == []
    second = f"/iiif/records/{ANCHOR}/canvas/1/clones"
    assert len(client.get(second).get_json()["items"]) == 1
    assert client.get(f"/iiif/records/{ANCHOR}/canvas/2/clones").status_code == 404


def test_an_annotation_outlives_runs_and_is_gone_when_no_longer_suggested(
    client: FlaskClient, data: Database
) -> None:
    museums(data)
    run(data, ANCHOR, NEAREST)
    first, second = (item["id"] for item in client.get(PAGE).get_json()["items"][:2])
    later = FINISHED + timedelta(days=1)
    run(data, ANCHOR, NEAREST[:1], finished_at=later, covered_sequence=9)
    kept = client.get(local(first)).get_json()
    assert (kept["created"], kept["modified"]) == ("2026-11-21T09:30:00Z", "2026-11-22T09:30:00Z")
    gone = client.get(local(second))
    assert (gone.status_code, gone.get_json()["type"].rpartition("/")[2]) == (
        410, "annotation-gone"
    )  # fmt: skip
    assert client.get(f"/iiif/annotations/{ANCHOR}-{'0' * 20}").status_code == 404


def test_a_deleted_record_takes_its_pages_along(client: FlaskClient, data: Database) -> None:
    museums(data)
    run(data, ANCHOR, NEAREST)
    annotation = client.get(PAGE).get_json()["items"][0]["id"]
    with data.write() as session:
        session.get_one(Record, ANCHOR).state = "deleted"
    for path in (MANIFEST, PAGE, local(annotation)):
        assert client.get(path).status_code == 410


def test_hostile_titles(client: FlaskClient, data: Database, shared: Path) -> None:
    museums(data, hostile=True)
    run(data, ANCHOR, NEAREST)
    for path in (MANIFEST, PAGE, f"{PAGE}?lang=el"):
        answer = client.get(path)
        assert_valid(answer.get_json(), shared)
        text = answer.get_data(as_text=True)
        assert "<script" not in text
        assert "onerror" not in text


def test_a_file_is_shown_by_our_derivative(client: FlaskClient, data: Database) -> None:
    """And by nothing else: neither its path nor pictures that a partner serves."""
    of_file = replace(record(1), manifest=None, images=(ImageRef(0, "file:///srv/secret/a.jpg"),))
    store(data, [of_file, record(2)])
    manifest = f"/iiif/records/{record_id(1)}/manifest"
    assert client.get(manifest).get_json()["items"][0]["items"] == []
    see_all(data)
    kept = Derivatives(service_of(client.application).settings.derivatives_folder)
    for seed in (0, 1):
        kept.write(seen(seed).sha256, b"a JPEG")
    with data.read() as session:
        statement = select(ImageVersion).join(Image, Image.id == ImageVersion.image_id)
        (version,) = session.scalars(statement.where(Image.record_id == record_id(1)))
    url = f"http://127.0.0.1:8000/iiif/images/{version.sha256}.jpg"
    (page,) = client.get(manifest).get_json()["items"][0]["items"]
    body = page["items"][0]["body"]
    assert body == {"id": url, "type": "Image", "format": "image/jpeg"}
    shown = client.get(f"/records/{record_id(1)}").get_data(as_text=True)
    assert "secret" not in shown
    assert shown.count(url) == 3
    answer = client.get(url.removeprefix("http://127.0.0.1:8000"))
    assert (answer.status_code, answer.data) == (200, b"a JPEG")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (other,) = {seen(seed).sha256 for seed in (0, 1)} - {version.sha256}
    for unpublished in (other, "0" * 64, "..%2f..%2fetc%2fpasswd"):
        assert client.get(f"/iiif/images/{unpublished}.jpg").status_code == 404
    client.post(f"/records/{record_id(1)}/withdraw")
    assert client.get(url.removeprefix("http://127.0.0.1:8000")).status_code == 404
