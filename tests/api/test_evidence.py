"""Why a pair is suggested, as JSON and as pictures: every branch, and who may see what."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import update

from api.context import service_of
from iiif_dedup.process.derivative import derivative
from iiif_dedup.store import clones
from iiif_dedup.store.database import Database
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.models import Image as ImageRow
from iiif_dedup.store.models import Record
from iiif_dedup.types import Evidence, MatchedRegion, MetadataPoint, Relation
from tests.api.builders import image_id, museums, record_id, run
from tests.api.conftest import AUTHORISED

ANCHOR, CANDIDATE, STRANGER = record_id(1), record_id(2), record_id(5, "berlin")
URL = f"/records/{ANCHOR}/clones/{CANDIDATE}/evidence"
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
WEIGHED = Evidence(
    probability=0.92,
    relation=Relation.SAME_OBJECT,
    measures={
        "surprise": 85.3,
        "overlay": 0.91,
        "clone_relative": 0.4,
        "metadata_contradiction": 0.7,
    },
    contributions={"surprise": 3.0, "clone_relative": 0.6, "metadata_contradiction": -0.7},
    regions=(MatchedRegion(WHOLE, WHOLE, 94, 85.3, False),),
    metadata=(MetadataPoint("dimensions", False, "44 cm", "<b>31</b> cm", "Height", "Ύψος"),),
    fusion="test",
)


def drawn(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    canvas = np.full((300, 420, 3), 200, dtype=np.uint8)
    for _ in range(90):
        x, y, side = (int(n) for n in rng.integers((0, 0, 8), (420, 300, 36)))
        shade = int(rng.integers(0, 256))
        cv2.rectangle(canvas, (x, y), (x + side, y + side // 2), (shade, shade, shade), -1)
    return canvas


def keep(app: Flask, pictures: dict[str, NDArray[np.uint8]]) -> None:
    """Keep a derivative of the first picture of each record."""
    kept = Derivatives(service_of(app).settings.derivatives_folder)
    with service_of(app).database.read() as session:
        for found in clones.load_records(session, list(pictures)):
            kept.write(found.images[0].sha256 or "", derivative(pictures[found.id], 768))


@pytest.fixture
def weighed(data: Database) -> Database:
    """A search from the first record that proposes the second; only that was weighed."""
    museums(data)
    run(
        data,
        ANCHOR,
        [(image_id(2), 0.5), (image_id(5, source="berlin"), 2.0)],
        evidence={image_id(2): WEIGHED},
    )
    return data


@pytest.fixture
def drawable(app: Flask, weighed: Database) -> Database:
    keep(app, {ANCHOR: drawn(1), CANDIDATE: np.ascontiguousarray(drawn(1)[:, ::-1])})
    return weighed


def size(body: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(body), formats=["JPEG"]) as image:
        return image.size


def test_a_suggestion_is_explained(client: FlaskClient, drawable: Database) -> None:
    answer = client.get(URL, query_string={"lang": "en"})
    assert answer.status_code == 200, answer.get_json()
    assert "ETag" in answer.headers
    found = answer.get_json()
    assert (found["record"]["id"], found["candidate"]["id"]) == (ANCHOR, CANDIDATE)
    assert (found["anchor"]["position"], found["image"]["position"]) == (0, 0)
    assert (found["probability"], found["relation"]) == (0.92, "same_object")
    assert found["language"] == "en"
    assert found["summary"].startswith("About 92 of 100 pairs")
    local, contradiction, rule = found["points"]
    assert (local["kind"], local["strength"]) == ("local", "strongly_for")
    assert local["text"].startswith("94 local features lie on one surface")
    assert local["odds"] == pytest.approx(20.09, abs=0.01)
    assert contradiction["kind"] == "catalogues_contradict"
    assert "44 cm (Height) / 31 cm (Ύψος)" in contradiction["text"]
    assert rule["text"].startswith("By the clone rule it is the nearest of all pictures")
    assert sum(point["share"] for point in found["points"]) == pytest.approx(1)
    assert found["regions"] == [
        {
            "anchor": [[0, 0], [1, 0], [1, 1], [0, 1]],
            "candidate": [[0, 0], [1, 0], [1, 1], [0, 1]],
            "inliers": 94,
            "surprise": 85.3,
            "mirrored": False,
        }
    ]
    assert found["statements"][0] == {
        "kind": "dimensions",
        "agrees": False,
        "anchor": "44 cm",
        "candidate": "31 cm",
        "anchor_label": "Height",
        "candidate_label": "Ύψος",
    }
    assert found["measures"] == WEIGHED.measures
    assert found["contributions"] == WEIGHED.contributions
    assert found["pictures"] == {
        name: f"http://127.0.0.1:8000{URL}/{name}.jpg?image=0"
        for name in ("matches", "overlay", "difference")
    }


def test_suggestions_say_where_their_evidence_is(client: FlaskClient, weighed: Database) -> None:
    first, second = client.get(f"/records/{ANCHOR}/clones").get_json()["items"]
    assert first["evidence"] == f"http://127.0.0.1:8000{URL}?image=0"
    assert client.get(first["evidence"]).status_code == 200
    assert second["evidence"] is None


def test_the_words_come_in_the_language_that_is_asked_for(
    client: FlaskClient, weighed: Database
) -> None:
    greek = client.get(URL, query_string={"lang": "el"}).get_json()
    assert greek["language"] == "el"
    assert greek["summary"].startswith("Περίπου 92 στα 100")
    assert client.get(URL, query_string={"lang": "xx"}).status_code == 422


def test_what_cannot_be_drawn_has_no_address(
    client: FlaskClient, app: Flask, weighed: Database
) -> None:
    assert set(client.get(URL).get_json()["pictures"].values()) == {None}
    answer = client.get(f"{URL}/matches.jpg")
    assert answer.status_code == 404
    assert answer.get_json()["type"].endswith("/problems/no-picture")
    keep(app, {ANCHOR: drawn(1), CANDIDATE: drawn(2)})
    assert client.get(f"{URL}/matches.jpg").status_code == 200
    assert client.get(f"{URL}/overlay.jpg").status_code == 404
    assert client.get(f"{URL}/difference.jpg").get_json()["type"].endswith("/no-picture")


def test_blank_pictures_stand_side_by_side(
    client: FlaskClient, app: Flask, weighed: Database
) -> None:
    blank = np.full((40, 60, 3), 128, dtype=np.uint8)
    keep(app, {ANCHOR: blank, CANDIDATE: blank})
    assert size(client.get(f"{URL}/matches.jpg").data) == (2 * 240 + 36, 172)
    assert client.get(f"{URL}/overlay.jpg").status_code == 404


def test_pictures_are_drawn_and_cached(client: FlaskClient, drawable: Database) -> None:
    matches = client.get(f"{URL}/matches.jpg")
    assert matches.status_code == 200
    assert matches.content_type == "image/jpeg"
    assert matches.headers["Cache-Control"] == "private, max-age=300"
    assert size(matches.data) == (2 * 560 + 36, 412)
    overlay, difference = (client.get(f"{URL}/{name}.jpg") for name in ("overlay", "difference"))
    assert size(overlay.data) == size(difference.data)
    tags = {answer.headers["ETag"] for answer in (matches, overlay, difference)}
    assert len(tags) == 3
    again = client.get(f"{URL}/matches.jpg", headers={"If-None-Match": matches.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == matches.headers["ETag"]
    assert client.head(f"{URL}/matches.jpg").status_code == 200
    assert client.get(f"{URL}/anything.jpg").status_code == 404


def test_a_broken_derivative_is_no_picture(
    client: FlaskClient, app: Flask, drawable: Database, tmp_path: Path
) -> None:
    for file in service_of(app).settings.derivatives_folder.rglob("*.jpg"):
        file.write_bytes(b"broken")
    assert client.get(f"{URL}/matches.jpg").status_code == 404


def test_another_picture_of_the_record(client: FlaskClient, app: Flask, data: Database) -> None:
    museums(data, pictures=2)
    run(data, ANCHOR, [(image_id(2), 0.5)], position=1, evidence={image_id(2): WEIGHED})
    assert client.get(URL).status_code == 404
    keep(app, {CANDIDATE: drawn(1)})
    kept = Derivatives(service_of(app).settings.derivatives_folder)
    with data.read() as session:
        (anchor,) = clones.load_records(session, [ANCHOR])
    kept.write(anchor.images[1].sha256 or "", derivative(drawn(1), 768))
    found = client.get(f"{URL}?image=1").get_json()
    assert found["anchor"]["position"] == 1
    assert found["pictures"]["overlay"].endswith("/overlay.jpg?image=1")
    assert client.get(f"{URL}/overlay.jpg?image=1").status_code == 200
    assert client.get(f"{URL}?image=9").status_code == 422


def test_pairs_that_nobody_suggests_are_unknown(client: FlaskClient, weighed: Database) -> None:
    unsuggested = client.get(f"/records/{ANCHOR}/clones/{record_id(3)}/evidence")
    assert unsuggested.status_code == 404
    assert "proposes" in unsuggested.get_json()["detail"]
    nobody = "a" * 20
    assert client.get(f"/records/{ANCHOR}/clones/{nobody}/evidence").status_code == 404
    assert client.get(f"/records/{nobody}/clones/{CANDIDATE}/evidence").status_code == 404
    assert client.get(f"/records/{CANDIDATE}/clones/{ANCHOR}/evidence").status_code == 404
    with weighed.write() as session:
        session.execute(update(Record).where(Record.id == CANDIDATE).values(state="deleted"))
    assert client.get(URL).status_code == 410


def test_results_from_before_say_so(client: FlaskClient, app: Flask, weighed: Database) -> None:
    url = f"/records/{ANCHOR}/clones/{STRANGER}/evidence"
    answer = client.get(url)
    assert answer.status_code == 404
    assert answer.get_json()["type"].endswith("/problems/no-evidence")
    assert "POST to" in answer.get_json()["detail"]
    keep(app, {ANCHOR: drawn(1), STRANGER: drawn(2)})
    assert client.get(f"{url}/matches.jpg").status_code == 200


def test_pixels_of_partners_need_the_key_and_those_of_files_do_not(
    keyed: FlaskClient, drawable: Database
) -> None:
    assert keyed.get(URL).status_code == 200
    picture = f"{URL}/matches.jpg"
    assert keyed.get(picture).status_code == 401
    assert keyed.get(picture, headers=AUTHORISED).status_code == 200
    with drawable.write() as session:
        session.execute(update(ImageRow).values(url="file:///pictures/a.jpg"))
    assert keyed.get(picture).status_code == 200


def test_other_sites_cannot_read_pixels(client: FlaskClient, drawable: Database) -> None:
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert client.get(f"{URL}/matches.jpg", headers=cross).status_code == 403


def test_catalogues_words_come_as_plain_text(client: FlaskClient, data: Database) -> None:
    museums(data)
    hostile = "<script>alert(1)</script>\u202e1905.12"
    said = MetadataPoint("inventory_number", True, hostile, hostile, "<i>No.</i>", "Αρ.")
    found = replace(
        WEIGHED,
        measures={"metadata_agreement": 4.0},
        contributions={"metadata_agreement": 2.0},
        metadata=(said,),
    )
    run(data, ANCHOR, [(image_id(2), 0.5)], evidence={image_id(2): found})
    answer = client.get(URL).get_json()
    assert answer["points"][0]["text"].endswith("inventory number 1905.12.")
    assert answer["statements"][0]["anchor"] == "1905.12"
    assert answer["statements"][0]["anchor_label"] == "No."
