"""Pages for people: escaped, and under a policy that runs nothing of a partner's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api import viewer
from iiif_dedup.store.database import Database
from tests.api.builders import image_id, museums, record_id, run
from tests.api.test_clones import NEAREST

ANCHOR = record_id(1)
PAGE = f"/records/{ANCHOR}/mirador"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A viewer that is installed, whatever this machine has."""
    folder = tmp_path / "mirador"
    (folder / "dist").mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "4.0.0"}')
    (folder / "dist/mirador.min.js").write_text("window.Mirador = 'é';")
    monkeypatch.setattr(viewer.installed, "__defaults__", (folder,))
    return folder


def config_of(page: str) -> dict[str, object]:
    match = re.search(r'<script type="application/json" id="config">(.*?)</script>', page)
    assert match
    found: dict[str, object] = json.loads(match[1])
    return found


def test_the_best_suggestion_stands_beside_the_record(
    client: FlaskClient, data: Database, package: Path
) -> None:
    museums(data)
    run(data, ANCHOR, NEAREST)
    answer = client.get(PAGE)
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert '<meta charset="utf-8">' in page
    config = config_of(page)
    assert config["windows"] == [
        {
            "manifestId": f"http://127.0.0.1:8000/iiif/records/{ANCHOR}/manifest?lang=en",
            "canvasId": "https://example.org/canvas/1-0",
        },
        {
            "manifestId": f"http://127.0.0.1:8000/iiif/records/{record_id(5, 'berlin')}"
            "/manifest?lang=en",
            "canvasId": "https://example.org/canvas/5-0",
        },
    ]
    assert re.findall(r'<h1 dir="auto">(.*?)</h1>', page) == ["Kylix 1", "Kylix 5"]


def test_a_pair_is_opened_at_the_pictures_that_made_it(
    client: FlaskClient, data: Database, package: Path
) -> None:
    museums(data, pictures=2)
    run(data, ANCHOR, [(image_id(2, 1), 0.1), (image_id(3), 0.2)], position=1)
    page = client.get(f"{PAGE}?candidate={record_id(2)}&lang=el").get_data(as_text=True)
    assert '<html lang="el">' in page
    canvases = re.findall(r'"canvasId": ?"([^"]*)"', page)
    assert canvases == ["https://example.org/canvas/1-1", "https://example.org/canvas/2-1"]
    unsearched = client.get(f"{PAGE}?candidate={record_id(4)}").get_data(as_text=True)
    assert "https://example.org/canvas/4-0" in unsearched
    assert client.get(f"{PAGE}?candidate={'a' * 20}").status_code == 404
    assert client.get(f"{PAGE}?candidate=odd").status_code == 422


def test_the_policy_lets_only_our_own_scripts_run(
    client: FlaskClient, data: Database, package: Path
) -> None:
    museums(data)
    first, second = (client.get(PAGE) for _ in range(2))
    policy = first.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert nonce[1] not in second.headers["Content-Security-Policy"]
    scripts = re.findall(r"<script([^>]*)>", first.get_data(as_text=True))
    assert all(f'nonce="{nonce[1]}"' in tag or "application/json" in tag for tag in scripts)


def test_hostile_titles_are_text(client: FlaskClient, data: Database, package: Path) -> None:
    museums(data, hostile=True)
    run(data, ANCHOR, NEAREST)
    for path in (PAGE, "/"):
        page = client.get(path).get_data(as_text=True)
        assert "alert(" not in page
        assert "onerror" not in page


def test_without_the_viewer_the_page_says_so(
    client: FlaskClient, data: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    museums(data)
    monkeypatch.setattr(viewer.installed, "__defaults__", (tmp_path / "none",))
    answer = client.get(PAGE)
    assert answer.status_code == 503
    assert "run make setup with Node" in answer.get_data(as_text=True)
    assert client.get("/assets/mirador/4.0.0/mirador.min.js").status_code == 404


def test_the_script_is_kept_for_a_year(client: FlaskClient, package: Path) -> None:
    answer = client.get("/assets/mirador/4.0.0/mirador.min.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    answer.close()
    assert client.get("/assets/mirador/3.0.0/mirador.min.js").status_code == 404
    assert client.get("/assets/mirador/4.0.0/..%2Fpackage.json").status_code == 404


def test_the_entrance_and_the_description(client: FlaskClient) -> None:
    entrance = client.get("/").get_data(as_text=True)
    for path in ("/docs", "/openapi.json", "/records", "/health"):
        assert f'href="{path}"' in entrance
        assert client.get(path).status_code == 200
    docs = client.get("/docs").get_data(as_text=True)
    assert "/records/{record_id}/clones" in docs
    assert "<td>" in docs


def test_a_record_without_pictures_has_a_page(
    client: FlaskClient, data: Database, package: Path
) -> None:
    museums(data)
    answer = client.get(f"/records/{record_id(2)}/mirador")
    assert len(config_of(answer.get_data(as_text=True))["windows"]) == 1  # type: ignore[arg-type]
