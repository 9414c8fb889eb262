"""GET and POST /records/{id}/clones: every branch of the contract."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from iiif_dedup.errors import Reason
from iiif_dedup.evidence.fusion import shipped_fusion
from iiif_dedup.search.budget import Background, BudgetTable
from iiif_dedup.store import encoders, images, jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.images import FailedImage
from iiif_dedup.store.models import Candidate, Record, SearchRun
from tests.api.builders import FINISHED, claimed, image_id, museums, record_id, run
from tests.api.conftest import AUTHORISED
from tests.store.examples import PREPROCESSING, record, see_all, seen, store

ANCHOR = record_id(1)
URL = f"/records/{ANCHOR}/clones"
NEAREST = [
    (image_id(5, source="berlin"), 0.4),
    (image_id(2), 0.9),
    (image_id(6, source="berlin"), 1.4),
    (image_id(3), 1.6),
    (image_id(4), 3.0),
]


@pytest.fixture
def searched(data: Database) -> str:
    """Store a search from record 1, and return the run's id."""
    museums(data)
    return run(data, ANCHOR, NEAREST, covered_sequence=6)


def queued(data: Database) -> int:
    with data.read() as session:
        return len(jobs.list_jobs(session, kind="search").items)


def test_the_newest_result_with_all_that_it_promises(client: FlaskClient, searched: str) -> None:
    answer = client.get(URL)
    assert answer.status_code == 200
    found = answer.get_json()
    assert found["status"] == "searched"
    assert found["record"]["id"] == ANCHOR
    assert found["record"]["title"] == "Kylix 1"
    assert found["anchor"]["position"] == 0
    assert found["run"] == {
        "id": searched, "recipe": "collection", "parameters": {"epochs": 10}, "seed": 7,
        "mu": 1.0, "margin": 0.5, "tau": 1.5, "delta": 0.0, "pool_size": 5, "accepted": 3,
        "probability": shipped_fusion().threshold(0.1),
        "budget": 0.1, "budget_status": "uncalibrated", "encoder": None, "encoder_active": True,
        "generators": {"phash": "1"},
        "covered_sequence": 6, "new_images_since": 0, "finished_at": "2026-11-21T09:30:00Z",
        "versions": {"iiif_dedup": "0.1.0", "torch": "2"}, "timings": {"train": 0.5, "score": 0.1},
    }  # fmt: skip
    first = found["items"][0]
    assert (first["rank"], first["norm"], first["tau"], first["accepted"]) == (1, 0.4, 1.5, True)
    assert first["generators"] == {"clone": 1}
    assert first["record"]["source"] == "berlin"
    assert first["record"]["rights"].startswith("http://creativecommons.org/")
    assert first["record"]["thumbnail"].endswith("/full/!200,200/0/default.jpg")
    assert first["verdict"] == {"state": "undecided"}
    assert first["probability"] is None  # of a run from before there was evidence
    assert set(first["iiif"]) == {"annotation", "page", "comparison", "manifest"}
    assert [item["accepted"] for item in found["items"]] == [True, True, True, False, False]
    assert found["next"] is None


def test_delta_moves_the_verdict_and_scope_narrows(client: FlaskClient, searched: str) -> None:
    wide = client.get(f"{URL}?delta=0.2").get_json()
    assert [item["accepted"] for item in wide["items"]] == [True, True, True, True, False]
    assert wide["run"]["delta"] == 0.2
    others = client.get(f"{URL}?scope=other_sources").get_json()
    assert [item["record"]["source"] for item in others["items"]] == ["berlin", "berlin"]


TABLE = BudgetTable(Background.RAW, 10, 5, (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3))


@pytest.fixture
def calibrated(data: Database) -> str:
    """Store an encoder whose calibration had ten anchors, and a search with it."""
    museums(data)
    with data.write() as session:
        encoders.store_built(
            session, "e1", b"", preprocessing=PREPROCESSING, description={}, images=6,
            covered_sequence=6, job_id="j",
        )  # fmt: skip
        encoders.activate(session, "e1", {"table": TABLE.to_json()})
    background = {"centre": 1.5, "scale": 1.0}
    return run(data, ANCHOR, NEAREST, parameters={"encoder": "e1"}, background=background)


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", (-0.2, "met", 2)), ("?budget=0.1", (-0.2, "met", 2)), ("?budget=0.4", (0.2, "met", 4)),
     ("?budget=0.01", (-1.17, "extrapolated", 0)), ("?delta=0.15", (0.15, None, 4))],
)  # fmt: skip
def test_a_budget_gives_delta(
    client: FlaskClient, calibrated: str, query: str, expected: tuple[float, str | None, int]
) -> None:
    found = client.get(f"{URL}{query}").get_json()
    told, (delta, status, accepted) = found["run"], expected
    assert (told["encoder"], told["encoder_active"]) == ("e1", True)
    assert told["budget_status"] == status
    assert (told["budget"] is None) == (status is None)
    assert told["delta"] == pytest.approx(delta, abs=0.1)
    assert sum(item["accepted"] for item in found["items"]) == accepted


def test_delta_and_budget_exclude_each_other(client: FlaskClient, calibrated: str) -> None:
    answer = client.get(f"{URL}?delta=0&budget=1")
    assert answer.status_code == 422
    assert "excludes delta" in answer.get_json()["detail"]


def test_a_result_says_when_its_encoder_is_no_longer_in_use(
    client: FlaskClient, data: Database, calibrated: str
) -> None:
    with data.write() as session:
        encoders.store_built(
            session, "e2", b"", preprocessing=PREPROCESSING, description={}, images=6,
            covered_sequence=6, job_id="j2",
        )  # fmt: skip
        encoders.activate(session, "e2", {"table": TABLE.to_json()})
    told = client.get(URL).get_json()["run"]
    assert (told["encoder"], told["encoder_active"], told["budget_status"]) == ("e1", False, "met")


def test_a_scope_may_be_a_source_or_a_facet(
    client: FlaskClient, data: Database, searched: str
) -> None:
    store(
        data,
        [replace(record(2), facets=({"label": {"en": ["Shape"]}, "value": {"el": ["Κύλιξ"]}},))],
        job_id="again",
    )

    def shown(scope: str) -> list[str]:
        answer = client.get(URL, query_string={"scope": scope, "limit": 200})
        assert answer.status_code == 200
        return [item["record"]["id"] for item in answer.get_json()["items"]]

    assert shown("source:berlin") == [record_id(5, "berlin"), record_id(6, "berlin")]
    assert shown("source:nowhere") == []
    assert shown("facet:shape=ΚΎΛΙΞ") == [record_id(2)]
    assert shown("facet:Shape=Amphora") == []
    assert len(shown("facet:Date=480 BC")) == 4
    cursor = client.get(f"{URL}?scope=source:berlin&limit=1").get_json()["next"]
    rest = client.get(f"{URL}?scope=source:berlin&limit=1&cursor={cursor}").get_json()
    assert [item["record"]["id"] for item in rest["items"]] == [record_id(6, "berlin")]


def test_the_best_picture_of_a_record_counts(client: FlaskClient, data: Database) -> None:
    museums(data, pictures=2)
    nearest = [(image_id(2, 1), 0.2), (image_id(3), 0.3), (image_id(2, 0), 0.7)]
    run(data, ANCHOR, nearest)
    first, second = client.get(URL).get_json()["items"]
    assert (first["record"]["id"], first["norm"]) == (record_id(2), 0.2)
    assert [(other["rank"], other["norm"]) for other in first["others"]] == [(3, 0.7)]
    assert second["others"] == []


def test_pages_are_bound_to_the_run(client: FlaskClient, data: Database, searched: str) -> None:
    first = client.get(f"{URL}?limit=2").get_json()
    # A newer search does not mix into the pages of the older one.
    newer = run(
        data, ANCHOR, NEAREST[:1], finished_at=FINISHED + timedelta(hours=1), covered_sequence=9
    )
    assert client.get(URL).get_json()["run"]["id"] == newer
    ranks, page = [item["rank"] for item in first["items"]], first
    while page["next"]:
        page = client.get(f"{URL}?limit=2&cursor={page['next']}").get_json()
        assert page["run"]["id"] == searched
        ranks += [item["rank"] for item in page["items"]]
    assert ranks == [1, 2, 3, 4, 5]


def test_a_cursor_is_refused_where_it_does_not_belong(
    client: FlaskClient, data: Database, searched: str
) -> None:
    cursor = client.get(f"{URL}?limit=2").get_json()["next"]
    elsewhere = client.get(f"/records/{record_id(2)}/clones?cursor={cursor}")
    assert elsewhere.status_code == 422
    assert client.get(f"{URL}?scope=other_sources&cursor={cursor}").status_code == 422
    for broken in ("x", "é", "bnVsbA", "WzEsMiwzXQ", "W1tbW1tb"):
        assert client.get(URL, query_string={"cursor": broken}).status_code == 422
    with data.write() as session:
        session.execute(delete(Candidate).where(Candidate.run_id == searched))
        session.execute(delete(SearchRun).where(SearchRun.id == searched))
    answer = client.get(f"{URL}?limit=2&cursor={cursor}")
    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (
        410,
        "result-gone",
    )


def test_the_etag_follows_result_records_and_pool(
    client: FlaskClient, data: Database, searched: str
) -> None:
    tag = client.get(URL).headers["ETag"]
    same = client.get(URL, headers={"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")
    store(data, [record(9)], key="berlin", job_id="later")
    see_all(data, key="berlin", first_seed=500)
    fresh = client.get(URL, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh.get_json()["run"]["new_images_since"] == 1


def test_deleted_candidates_are_left_out(
    client: FlaskClient, data: Database, searched: str
) -> None:
    with data.write() as session:
        session.get_one(Record, record_id(2)).state = "deleted"
    ids = [item["record"]["id"] for item in client.get(URL).get_json()["items"]]
    assert record_id(2) not in ids
    assert len(ids) == 4


def test_many_askers_queue_one_search(client: FlaskClient, data: Database) -> None:
    museums(data)
    answers = [client.get(URL) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    first = answers[0]
    assert first.get_json()["status"] == "searching"
    assert first.headers["Location"] == first.get_json()["job"]["url"]
    assert first.headers["Cache-Control"] == "no-store"
    assert int(first.headers["Retry-After"]) > 0
    assert queued(data) == 1


def test_head_and_strangers_start_nothing(
    client: FlaskClient, keyed: FlaskClient, data: Database
) -> None:
    museums(data)
    assert client.head(URL).status_code == 404
    assert keyed.get(URL).status_code == 401
    assert client.get(URL, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert queued(data) == 0
    assert keyed.get(URL, headers=AUTHORISED).status_code == 202
    assert queued(data) == 1


def test_a_stored_result_is_open_to_readers(keyed: FlaskClient, searched: str) -> None:
    assert keyed.get(URL).status_code == 200
    assert keyed.head(URL).status_code == 200


def test_waiting_for_the_result(client: FlaskClient, data: Database) -> None:
    museums(data)
    job_id = client.get(URL).get_json()["job"]["id"]

    def work() -> None:
        time.sleep(0.2)
        run_id = run(data, ANCHOR, NEAREST)
        claim = claimed(data, job_id)
        with claim.write() as session:
            claim.succeed(session, {"status": "found", "run": run_id})

    worker = threading.Thread(target=work)
    worker.start()
    answer = client.get(URL, headers={"Prefer": "respond-async, wait=20"})
    worker.join()
    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert len(answer.get_json()["items"]) == 5


def test_waiting_in_vain_is_202(client: FlaskClient, data: Database) -> None:
    museums(data)
    answer = client.get(URL, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "wait=1"


def test_half_of_the_threads_never_wait(app: Flask, client: FlaskClient, data: Database) -> None:
    museums(data)
    waiting = app.extensions["iiif_dedup"].waiting
    while waiting.acquire(blocking=False):
        pass
    start = time.monotonic()
    answer = client.get(URL, headers={"Prefer": "wait=30"})
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers
    assert time.monotonic() - start < 5


def test_a_full_queue_is_503_but_a_queued_search_is_found(
    make_app: Callable[..., Flask], data: Database
) -> None:
    museums(data)
    small = make_app(queue_limit=1).test_client()
    assert small.get(URL).status_code == 202
    refused = small.get(f"/records/{record_id(2)}/clones")
    assert refused.status_code == 503
    assert refused.get_json()["type"].endswith("/queue-full")
    assert int(refused.headers["Retry-After"]) > 0
    assert small.get(URL).status_code == 202
    assert queued(data) == 1


def test_a_failed_search_is_said_before_the_next_one(client: FlaskClient, data: Database) -> None:
    museums(data)
    claimed(data, client.get(URL).get_json()["job"]["id"]).fail("The disk is full.")
    answer = client.get(URL)
    assert answer.status_code == 503
    assert answer.get_json()["type"].endswith("/search-failed")
    assert answer.get_json()["detail"] == "The disk is full."
    assert "Retry-After" in answer.headers
    assert queued(data) == 1


def test_what_only_the_search_could_tell(client: FlaskClient, data: Database) -> None:
    museums(data)
    claim = claimed(data, client.get(URL).get_json()["job"]["id"])
    result = {"status": "not_searchable", "reason": "pool_too_small", "detail": "Too few."}
    with claim.write() as session:
        claim.succeed(session, result)
    answer = client.get(URL)
    assert answer.status_code == 200
    assert {name: answer.get_json()[name] for name in result} == result
    assert queued(data) == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("none", Reason.NO_IMAGES),
        ("pending", Reason.NO_USABLE_IMAGE),
        ("blank", Reason.BLANK_IMAGE),
        ("failed", Reason.NO_USABLE_IMAGE),
    ],
)
def test_a_record_that_cannot_be_searched(
    client: FlaskClient, data: Database, state: str, reason: Reason
) -> None:
    store(data, [replace(record(1), images=()) if state == "none" else record(1)])
    with data.write() as session:
        for image in images.pending(session, "athens", limit=10):
            if state == "blank":
                images.store_results(session, [(image, seen(1, blank=True))])
            elif state == "failed":
                failed = FailedImage(Reason.TRUNCATED_IMAGE, "The file ends early.")
                images.store_results(session, [(image, failed)])
    answer = client.get(URL)
    assert answer.status_code == 200
    assert (answer.get_json()["status"], answer.get_json()["reason"]) == ("not_searchable", reason)
    assert answer.get_json()["detail"]
    assert answer.get_json()["items"] == []
    assert queued(data) == 0


def test_unknown_and_deleted_records(client: FlaskClient, data: Database) -> None:
    museums(data)
    assert client.get(f"/records/{'a' * 20}/clones").status_code == 404
    with data.write() as session:
        session.get_one(Record, ANCHOR).state = "deleted"
    answer = client.get(URL)
    assert answer.status_code == 410
    assert answer.get_json()["record"]["identifier"] == record(1).identifier
    assert client.post(URL, json={}).status_code == 410


def test_any_picture_can_be_searched_and_read_back(client: FlaskClient, data: Database) -> None:
    museums(data, pictures=2)
    run(data, ANCHOR, NEAREST[:2])
    missing = client.get(f"{URL}?image=1")
    assert (missing.status_code, missing.get_json()["type"].rpartition("/")[2]) == (
        404,
        "no-result",
    )
    assert client.get(f"{URL}?image=7").status_code == 422
    started = client.post(URL, json={"image": 1, "recipe": "paper"})
    assert started.status_code == 202
    assert started.headers["Location"] == started.get_json()["url"]
    assert started.get_json()["arguments"] == {"record": ANCHOR, "image": 1, "recipe": "paper"}
    run(data, ANCHOR, NEAREST[:3], position=1, finished_at=FINISHED + timedelta(hours=1))
    assert len(client.get(f"{URL}?image=1").get_json()["items"]) == 3
    assert len(client.get(URL).get_json()["items"]) == 2


@pytest.mark.parametrize(
    "query",
    ["page=1", "limit=0", "limit=x", "delta=nan", "delta=inf", "image=-1", "budget=0",
     "budget=nan", "scope=none", "scope=source:", "scope=facet:Date"],
)  # fmt: skip
def test_parameters_that_are_unknown_or_invalid(client: FlaskClient, query: str) -> None:
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["name"] == query.partition("=")[0]


@pytest.mark.parametrize("body", [{"recipe": "x"}, {"image": -1}, {"image": "1"}, {"y": 1}])
def test_bodies_that_are_invalid(
    client: FlaskClient, data: Database, body: dict[str, object]
) -> None:
    museums(data)
    assert client.post(URL, json=body).status_code == 422
    assert client.post(URL, json={"image": 9}).status_code == 422
    assert queued(data) == 0
