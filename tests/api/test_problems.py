"""Every error is a problem document of a known type."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.problems import PROBLEMS


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "slug"),
    [
        ("GET", "/nothing", {}, 404, "not-found"),
        ("GET", "/records/UPPER", {}, 404, "not-found"),
        ("GET", f"/records/{'a' * 20}", {}, 404, "not-found"),
        ("DELETE", "/sources", {}, 405, "method-not-allowed"),
        ("GET", "/records?page=2", {}, 422, "invalid-parameters"),
        ("GET", "/?x=1", {}, 422, "invalid-parameters"),
        ("GET", "/health?x=1", {}, 422, "invalid-parameters"),
        ("GET", "/jobs?state=odd", {}, 422, "invalid-parameters"),
        ("GET", "/jobs?cursor=odd", {}, 422, "invalid-parameters"),
        ("GET", "/records?identifier=a", {}, 422, "invalid-parameters"),
        ("POST", "/sources", {"data": "x", "content_type": "text/plain"}, 415,
         "unsupported-media-type"),
        ("POST", "/sources", {"data": {"key": "a"}}, 415, "unsupported-media-type"),
        ("POST", "/sources", {"data": "{", "content_type": "application/json"}, 400, "bad-request"),
        ("POST", "/sources", {"data": b"\xff", "content_type": "application/json"}, 400,
         "bad-request"),
        ("POST", "/sources", {"data": "[" * 100_000, "content_type": "application/json"}, 400,
         "bad-request"),
        ("POST", "/sources", {"data": "[]", "content_type": "application/json"}, 422,
         "invalid-parameters"),
        ("POST", "/sources", {"json": {}}, 422, "invalid-parameters"),
        ("POST", "/sources", {"data": b" " * 1_100_000, "content_type": "application/json"}, 413,
         "too-large"),
    ],
)  # fmt: skip
def test_the_shape_of_every_error(
    client: FlaskClient,
    *,
    method: str,
    path: str,
    options: dict[str, object],
    status: int,
    slug: str,
) -> None:
    answer = client.open(path, method=method, **options)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    document = answer.get_json()
    assert {"type", "title", "status", "detail", "instance"} <= document.keys()
    assert document["type"] == f"http://127.0.0.1:8000/problems/{slug}"
    assert document["status"] == status
    assert document["instance"] == path.partition("?")[0]


def test_invalid_parameters_are_named(client: FlaskClient) -> None:
    document = client.post("/sources", json={"key": "A", "odd": 1}).get_json()
    errors = {(item["in"], item["name"]) for item in document["errors"]}
    assert {("json", "key"), ("json", "odd"), ("json", "title"), ("json", "endpoint")} <= errors
    assert "key" in document["detail"]


def test_405_names_the_methods(client: FlaskClient) -> None:
    allowed = client.delete("/sources").headers["Allow"]
    assert {"GET", "POST", "HEAD"} <= set(allowed.replace(" ", "").split(","))


def test_a_fault_of_ours_tells_nothing(app: Flask) -> None:
    @app.get("/fault")
    def fault() -> str:
        raise RuntimeError("secret")

    answer = app.test_client().get("/fault")
    assert answer.status_code == 500
    assert answer.get_json()["type"].endswith("/internal-error")
    assert "secret" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_type_has_its_page(client: FlaskClient, slug: str) -> None:
    answer = client.get(f"/problems/{slug}")
    assert answer.status_code == 200
    assert PROBLEMS[slug].title in answer.get_data(as_text=True)
    assert client.get("/problems/odd").status_code == 404
