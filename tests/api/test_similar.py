"""Find similar, as JSON and as a page: every branch, and that nothing is claimed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.context import service_of
from iiif_dedup.errors import PoolBusyError, Reason
from iiif_dedup.store import clones, descriptors, images, jobs, removal
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector
from iiif_dedup.store.images import FailedImage
from iiif_dedup.store.models import Record, RecordAlias
from tests.api.builders import museums, record_id
from tests.store.examples import record, see_all, store

NETWORK, COLOUR = "efficientnet_lite0/57934424/2", "colour/1"
ANCHOR = record_id(1)
URL = f"/records/{ANCHOR}/similar"
PAGE = f"{URL}/strip"
IDS = {n: record_id(n, "athens" if n < 5 else "berlin") for n in range(1, 7)}
ANGLES = {1: 0, 2: 10, 3: 20, 4: 120, 5: 30, 6: 40}


def at(degrees: float) -> bytes:
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)], dtype="<f2").tobytes()


def describe(
    database: Database, version: str, angles: Mapping[int, float], position: int = 0
) -> None:
    """Give one picture of each record a vector at that angle."""
    with database.write() as session:
        for number, angle in angles.items():
            (found,) = clones.load_records(session, [IDS[number]])
            sha256 = found.images[position].sha256 or ""
            descriptors.add(session, [Vector(sha256, version, at(angle))])


@pytest.fixture
def described(data: Database) -> Database:
    museums(data)
    describe(data, NETWORK, ANGLES)
    return data


def numbers(client: FlaskClient, **query: str | int) -> list[int]:
    answer = client.get(URL, query_string=query)
    assert answer.status_code == 200, answer.get_json()
    known = {one: number for number, one in IDS.items()}
    return [known[item["record"]["id"]] for item in answer.get_json()["items"]]


def test_the_most_and_the_least_similar(client: FlaskClient, described: Database) -> None:
    answer = client.get(URL, query_string={"limit": 3})
    assert answer.status_code == 200
    found = answer.get_json()
    assert (found["status"], found["record"]["id"]) == ("compared", ANCHOR)
    assert "no claim that they show the same artefact" in found["note"]
    assert found["descriptor"] == {"name": "efficientnet_lite0", "version": NETWORK}
    assert found["descriptors"] == ["efficientnet_lite0"]
    assert (found["anchor"]["position"], found["compared"], found["undescribed"]) == (0, 5, 0)
    first = found["items"][0]
    assert (first["rank"], first["label"], first["record"]["id"]) == (1, "similar", IDS[2])
    assert first["similarity"] == pytest.approx(np.cos(np.radians(10)), abs=1e-3)
    assert first["image"]["position"] == 0
    assert first["facets_in_common"] == [{"label": {"en": ["Date"]}, "value": {"none": ["480 BC"]}}]
    assert first["comparison"].endswith(f"/records/{ANCHOR}/mirador?candidate={IDS[2]}")
    assert "probability" not in first
    last = found["farthest"]
    assert (last["label"], last["rank"], last["record"]["id"]) == ("least_similar", None, IDS[4])
    assert last["similarity"] == pytest.approx(-0.5, abs=1e-3)


def test_scopes_and_limits_narrow(client: FlaskClient, described: Database) -> None:
    assert numbers(client) == [2, 3, 5, 6, 4]
    assert numbers(client, limit=2) == [2, 3]
    assert numbers(client, scope="other_sources") == [5, 6]
    assert numbers(client, scope="source:athens") == [2, 3, 4]
    facets = ({"label": {"en": ["Shape"]}, "value": {"el": ["Κύλιξ"]}},)
    store(described, [replace(record(n), facets=facets) for n in (3, 4)], job_id="again")
    assert numbers(client, scope="facet:shape=ΚΎΛΙΞ") == [3, 4]
    narrow = client.get(URL, query_string={"scope": "facet:shape=κύλιξ", "limit": 1}).get_json()
    assert narrow["farthest"]["record"]["id"] == IDS[4]
    assert narrow["items"][0]["facets_in_common"] == []


def test_another_descriptor_may_be_chosen(client: FlaskClient, described: Database) -> None:
    describe(described, COLOUR, {1: 0, 2: 90, 6: 5})
    assert numbers(client) == [2, 3, 5, 6, 4]
    assert numbers(client, descriptor="colour") == [6, 2]
    found = client.get(f"{URL}?descriptor=colour").get_json()
    assert found["descriptors"] == ["colour", "efficientnet_lite0"]
    assert (found["compared"], found["undescribed"]) == (2, 3)
    answer = client.get(f"{URL}?descriptor=palette")
    assert answer.status_code == 422
    assert "none of that name, but colour, efficientnet_lite0" in answer.get_json()["detail"]


def test_without_the_default_descriptor_the_first_compares(
    client: FlaskClient, data: Database
) -> None:
    museums(data)
    describe(data, "transformers:dino/abc/224", ANGLES)
    describe(data, "colour/1", {1: 0, 5: 1})
    found = client.get(URL).get_json()
    assert found["descriptor"]["name"] == "colour"
    assert numbers(client, descriptor="transformers:dino") == [2, 3, 5, 6, 4]


def test_any_picture_may_be_asked_about(client: FlaskClient, data: Database) -> None:
    museums(data, pictures=2)
    describe(data, NETWORK, {1: 0, 2: 10, 3: 90, 5: 80})
    describe(data, NETWORK, {1: 90, 2: 170}, position=1)
    assert numbers(client) == [2, 5, 3]
    assert numbers(client, image=1) == [3, 5, 2]
    second = client.get(f"{URL}?image=1").get_json()
    assert second["anchor"]["position"] == 1
    answer = client.get(f"{URL}?image=7")
    assert answer.status_code == 422
    assert "no picture at position 7" in answer.get_json()["detail"]


def test_what_is_taken_down_is_shown_no_more(client: FlaskClient, described: Database) -> None:
    assert numbers(client) == [2, 3, 5, 6, 4]
    with described.write() as session:
        removal.withdraw(session, IDS[2])
        removal.remove(session, "berlin")
    assert numbers(client) == [3, 4]


def test_a_record_that_cannot_be_compared_says_why(client: FlaskClient, data: Database) -> None:
    museums(data)
    store(data, [record(7), replace(record(8), images=()), record(9, pictures=2)], job_id="late")

    def why(number: int, **query: int) -> tuple[str, str]:
        url = f"/records/{record_id(number)}/similar"
        for path in (url, f"{url}/strip"):
            answer = client.get(path, query_string=query)
            assert answer.status_code == 200
        found = client.get(url, query_string=query).get_json()
        assert (found["status"], found["items"], found["farthest"]) == ("not_searchable", [], None)
        assert found["note"]
        return found["reason"], found["detail"]

    assert why(1)[0] == Reason.NOT_DESCRIBED
    assert "IIIF_DEDUP_DESCRIPTORS" in why(1)[1]
    assert why(7)[0] == Reason.NO_USABLE_IMAGE
    assert "still to be fetched" in why(7)[1]
    assert why(8) == (Reason.NO_IMAGES, "The record has no picture.")
    with data.write() as session:
        waiting = images.pending(session, "athens", limit=9)
        broken = FailedImage(reason=Reason.TIMED_OUT, detail="It took too long.")
        images.store_results(session, [(one, broken) for one in waiting])
    assert "It took too long" in why(9, image=1)[1]
    see_all(data)


def test_what_is_not_there(client: FlaskClient, described: Database) -> None:
    for path in (URL, PAGE):
        assert client.get(path.replace(ANCHOR, "a" * 20)).status_code == 404
        assert client.get(f"{path}?pages=3").status_code == 422
        assert client.get(f"{path}?limit=0").status_code == 422
        assert client.get(f"{path}?scope=nobody").status_code == 422
        assert client.post(path).status_code == 405
    assert client.get(f"{URL}?lang=el").status_code == 422
    with described.write() as session:
        session.get_one(Record, ANCHOR).state = "deleted"
    for path in (URL, PAGE):
        assert client.get(path).status_code == 410


def test_a_former_id_leads_to_the_record(client: FlaskClient, described: Database) -> None:
    with described.write() as session:
        session.add(RecordAlias(id="b" * 20, record_id=ANCHOR, created_at=utc_now()))
    answer = client.get(f"/records/{'b' * 20}/similar/strip?lang=el")
    assert answer.status_code == 308
    assert answer.headers["Location"].endswith(f"{PAGE}?lang=el")


def test_the_etag_is_that_of_the_answer(client: FlaskClient, described: Database) -> None:
    etag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": etag}).status_code == 304
    with described.write() as session:
        removal.withdraw(session, IDS[2])
    assert client.get(URL, headers={"If-None-Match": etag}).status_code == 200


def test_nobody_needs_a_key_and_no_job_is_queued(
    keyed: FlaskClient, client: FlaskClient, described: Database
) -> None:
    assert keyed.get(URL).status_code == 200
    assert keyed.get(PAGE).status_code == 200
    with described.read() as session:
        assert list(jobs.list_jobs(session).items) == []


def test_while_vectors_are_brought_callers_come_back(
    app: Flask, client: FlaskClient, described: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise PoolBusyError("ask again later")

    monkeypatch.setattr(type(service_of(app).similar), "find", busy)
    answer = client.get(URL)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.get_json()["type"].endswith("/problems/busy")


def test_the_page_shows_the_strip(client: FlaskClient, described: Database) -> None:
    describe(described, COLOUR, {1: 0, 2: 90})
    answer = client.get(f"{PAGE}?limit=3")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "<script" not in page
    assert "style=" not in page
    titles = re.findall(r'<span dir="auto">(.*?)</span>', page)
    assert titles == ["Kylix 2", "Kylix 3", "Kylix 5", "Kylix 4"]
    assert "Similarity 0.985" in page
    assert "no claim that they show the same artefact" in page
    assert "<bdi>Date</bdi>: <bdi>480 BC</bdi>" in page
    assert "Compared with 5 pictures of other records." in page
    assert "?limit=3&amp;scope=all&amp;descriptor=colour" in page
    assert re.findall(r'aria-current="true">(.*?)<', page) == ["appearance", "all collections"]


def test_the_page_speaks_greek(client: FlaskClient, described: Database) -> None:
    page = client.get(f"{PAGE}?lang=el").get_data(as_text=True)
    assert '<html lang="el">' in page
    assert "Ομοιότητα 0,985" in page
    assert "δεν σημαίνει ότι δείχνουν το ίδιο τέχνεργο" in page
    assert "lang=el" in page


def test_hostile_texts_stay_texts(client: FlaskClient, data: Database) -> None:
    museums(data, hostile=True)
    describe(data, NETWORK, ANGLES)
    page = client.get(PAGE).get_data(as_text=True)
    assert "alert(" not in page
    assert "onerror" not in page


def test_records_and_pages_lead_there(client: FlaskClient, described: Database) -> None:
    links = client.get(f"/records/{ANCHOR}").get_json()["links"]
    assert links["similar"].endswith(URL)
    assert links["similar_page"].endswith(PAGE)
    viewer = client.get(f"/records/{ANCHOR}/mirador").get_data(as_text=True)
    assert f'{PAGE}?lang=en">Similar</a>' in viewer
