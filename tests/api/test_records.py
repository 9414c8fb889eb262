"""Records are found by id, by the partner's identifier, by manifest."""

from __future__ import annotations

from flask.testing import FlaskClient

from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Record
from tests.api.builders import museums, record_id
from tests.store.examples import record


def test_a_record_with_its_pictures_and_links(client: FlaskClient, data: Database) -> None:
    museums(data, pictures=2)
    found = client.get(f"/records/{record_id(1)}").get_json()
    assert found["source"] == "athens"
    assert found["source_title"] == "Museum of Athens"
    assert found["titles"] == {"el": ["Κύλιξ"], "en": ["Kylix 1"]}
    assert found["facets"] == [{"label": {"en": ["Date"]}, "value": {"none": ["480 BC"]}}]
    assert [image["position"] for image in found["images"]] == [0, 1]
    assert found["images"][0]["state"] == "ready"
    assert found["links"]["clones"].endswith(f"/records/{record_id(1)}/clones")


def test_the_three_ways_to_find_a_record(client: FlaskClient, data: Database) -> None:
    museums(data)
    identifier = record(2).identifier

    def ids(**query: str) -> list[str]:
        answer = client.get("/records", query_string=query)
        assert answer.status_code == 200
        return [item["id"] for item in answer.get_json()["items"]]

    assert ids(source="athens", identifier=identifier) == [record_id(2)]
    assert ids(source="berlin", identifier=identifier) == []
    assert ids(manifest=identifier) == [record_id(2)]
    assert ids(manifest="https://example.org/none") == []
    assert ids(source="berlin") == sorted([record_id(5, "berlin"), record_id(6, "berlin")])
    assert len(ids()) == 6


def test_paging_sees_every_record_once(client: FlaskClient, data: Database) -> None:
    museums(data)
    page = client.get("/records?limit=4").get_json()
    rest = client.get(f"/records?limit=4&cursor={page['next']}").get_json()
    ids = [item["id"] for item in page["items"] + rest["items"]]
    assert len(set(ids)) == len(ids) == 6


def test_a_deleted_record_is_gone_with_what_was_known(client: FlaskClient, data: Database) -> None:
    museums(data)
    with data.write() as session:
        session.get_one(Record, record_id(1)).state = "deleted"
    answer = client.get(f"/records/{record_id(1)}")
    assert answer.status_code == 410
    assert answer.get_json()["record"]["titles"]["en"] == ["Kylix 1"]


def test_titles_are_plain_text(client: FlaskClient, data: Database) -> None:
    museums(data, hostile=True)
    text = client.get(f"/records/{record_id(1)}").get_data(as_text=True)
    assert "<script" not in text
    assert "onerror" not in text


def test_etags(client: FlaskClient, data: Database) -> None:
    museums(data)
    for path in ("/records", f"/records/{record_id(1)}", "/openapi.json", "/docs", "/"):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert client.head(path).headers["ETag"] == tag
