"""Who may do what, with a key and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.auth import check_exposure, is_loopback
from iiif_dedup.errors import SettingsError
from iiif_dedup.settings import load_settings
from iiif_dedup.store.database import Database
from tests.api.builders import museums, record_id, run
from tests.api.conftest import AUTHORISED, KEY
from tests.api.test_clones import NEAREST

SOURCE = {"key": "athens", "title": "Athens", "endpoint": "https://athens.example/c.json"}
SEARCH = f"/records/{record_id(1)}/clones"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sources"),
        ("POST", "/sources/athens/harvests"),
        ("POST", f"/jobs/{'a' * 20}/cancel"),
        ("POST", SEARCH),
        ("GET", "/sources"),
        ("GET", "/sources/athens"),
        ("GET", "/harvests"),
        ("GET", f"/harvests/{'a' * 20}"),
        ("GET", f"/harvests/{'a' * 20}/failures"),
        ("GET", "/jobs"),
        ("GET", f"/jobs/{'a' * 20}"),
    ],
)
def test_writing_and_the_operators_views_need_the_key(
    keyed: FlaskClient, method: str, path: str
) -> None:
    body = (SOURCE if path == "/sources" else {}) if method == "POST" else None
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": KEY},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer κλειδί".encode().decode("latin-1")},
    ):
        answer = keyed.open(path, method=method, json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    allowed = keyed.open(path, method=method, json=body, headers=AUTHORISED)
    assert allowed.status_code in {200, 201, 404}


def test_patching_needs_the_key(keyed: FlaskClient) -> None:
    assert keyed.patch("/sources/athens", json={"title": "x"}).status_code == 401


def test_with_a_key_the_service_answers_everyone(keyed: FlaskClient) -> None:
    answer = keyed.get(
        "/records",
        environ_overrides={"REMOTE_ADDR": "203.0.113.9"},
        headers={"Host": "dedup.example", "X-Forwarded-For": "203.0.113.9"},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "::ffff:10.0.0.1", ""])
def test_without_a_key_it_answers_its_own_machine_alone(client: FlaskClient, address: str) -> None:
    answer = client.get("/records", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_without_a_key_no_proxy_lets_strangers_in(client: FlaskClient, header: str) -> None:
    assert client.get("/records", headers={header: "203.0.113.9"}).status_code == 403


def test_without_a_key_foreign_hosts_are_refused(client: FlaskClient) -> None:
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert client.get("/records", headers={"Host": host}).status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "[", ""):
        answer = client.get("/records", headers={"Host": host})
        assert answer.status_code in {400, 421}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_other_sites_cannot_write(
    client: FlaskClient, data: Database, headers: dict[str, str]
) -> None:
    museums(data)
    assert client.post("/sources", json=SOURCE, headers=headers).status_code == 403
    assert client.post(SEARCH, headers=headers).status_code == 403
    assert client.get(SEARCH, headers=headers).status_code == 403


def test_our_own_pages_can_write(client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/sources", json=SOURCE, headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, True),
        ({"publish": "none"}, False),
        ({"publish": "accepted"}, False),
        ({"api_key": KEY}, False),
        ({"api_key": KEY, "publish": "all"}, True),
    ],
)
def test_who_sees_unreviewed_suggestions_on_iiif_pages(
    make_app: Callable[..., Flask], data: Database, settings: dict[str, str], *, shown: bool
) -> None:
    museums(data)
    run(data, record_id(1), NEAREST)
    anonymous = make_app(**settings).test_client()
    page = anonymous.get(f"/iiif/records/{record_id(1)}/canvas/0/clones")
    assert page.status_code == 200
    assert bool(page.get_json()["items"]) is shown
    assert (record_id(1) in anonymous.get("/").get_data(as_text=True)) is shown
    if "api_key" in settings:
        with_key = anonymous.get(page.request.path, headers=AUTHORISED)
        assert with_key.get_json()["items"]


def test_exposure_without_a_key_is_refused() -> None:
    check_exposure(load_settings({}))
    check_exposure(load_settings({}, host="0.0.0.0", api_key=KEY))
    for exposed in ({"host": "0.0.0.0"}, {"public_url": "https://dedup.example"}):
        with pytest.raises(SettingsError, match="IIIF_DEDUP_API_KEY"):
            check_exposure(load_settings({}, **exposed))


def test_what_loopback_is() -> None:
    assert all(is_loopback(host) for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "", "localhost.evil.example"))
