"""Which requests follow from what a service says, and what its info.json says."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.errors import FetchError
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.process.image_services import service_from_info
from iiif_dedup.process.image_urls import only_in_tiles, size_urls
from iiif_dedup.types import ImageRef, Json

BASE = "https://a.example/iiif/7"
V2, V3 = "http://iiif.io/api/image/2/context.json", "http://iiif.io/api/image/3/context.json"
TABLE = Path(__file__).with_name("image_info_expected.tsv")
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines(), delimiter="\t"))
REF = ImageRef(0, f"{BASE}/full/512,/0/default.jpg", service_id=BASE)


def forms(urls: list[str]) -> list[str]:
    """Return the size of each Image API request for the whole region, else region and size."""
    paths = [url.removeprefix(f"{BASE}/").removesuffix("/0/default.jpg") for url in urls]
    return [path.removeprefix("full/") for path in paths]


def asked(document: Json, size: int = 1024) -> list[str]:
    return forms(size_urls(service_from_info(document, REF), size))


def test_table_names_every_fixture(shared: Path) -> None:
    folder = shared / "fixtures"
    files = [*folder.glob("image_info/*"), *folder.glob("broken/imageinfo-*")]
    assert {str(path.relative_to(folder)) for path in files} == {row["file"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_fixture(shared: Path, row: dict[str, str]) -> None:
    body = (shared / "fixtures" / row["file"]).read_bytes()
    if row["request"] == "not_json":
        with pytest.raises(FetchError) as caught:
            parse_json(body, BASE)
        assert caught.value.reason == "not_json"
        return
    service = service_from_info(json.loads(body), REF)
    assert (service.version, service.level) == (int(row["version"]), int(row["level"]))
    assert row["native"] == (f"{service.width}x{service.height}" if service.width else "")
    assert service.restricted is (row["restricted"] == "yes")
    requests = size_urls(service, 1024)
    assert requests[0] == f"{BASE}/{row['request']}", row["note"]
    for form in forms(requests):
        width, _, height = form.split("/")[0].lstrip("!").partition(",")
        assert not width.isdigit() or int(width) <= (service.width or 0)
        assert not height.isdigit() or int(height) <= (service.height or 0)


def info(
    context: Json, profile: Json, width: int, height: int, *sizes: tuple[int, int]
) -> dict[str, Json]:
    return {
        "@context": context,
        "profile": profile,
        "width": width,
        "height": height,
        "sizes": [{"width": w, "height": h} for w, h in sizes],
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (info(V3, "level2", 4000, 3000), ["!1024,1024", "1024,", "max"]),
        (info(V2, "level2", 4000, 3000), ["!1024,1024", "1024,", "full"]),
        (info(V3, "level2", 3000, 4000), ["!1024,1024", "768,", "max"]),
        (info(V3, "level1", 4000, 3000), ["1024,", "max"]),
        (info(V2, "level1", 3000, 4000), ["768,", "full"]),
        # Never above the native size.
        (info(V3, "level2", 800, 600), ["!800,600", "800,", "max"]),
        (info(V3, "level1", 800, 600), ["800,", "max"]),
        (info(V3, "level2", 1024, 100_000), ["!1024,1024", "10,", "max"]),
        (info(V3, "level0", 6976, 5074, (3200, 9), (800, 9), (1600, 1164)), ["1600,1164", "max"]),
        (info(V2, ["http://iiif.io/api/image/2/level0.json"], 69, 50, (16, 11)), ["16,", "full"]),
        # Nothing listed reaches the wanted size: the largest, then the whole.
        (info(V3, None, 9, 6, (3, 2), (6, 4)), ["6,4", "max"]),
        # The canonical form of the native size is the whole.
        (info(V3, None, 9, 6, (9, 6)), ["max"]),
        (info(V2, "level0", 900, 600), ["full"]),
        ({"@context": V3, "profile": "level2"}, ["max"]),
        ({}, ["full"]),
        ([], ["full"]),
    ],
)
def test_an_info_json_decides_version_level_and_sizes(document: Json, expected: list[str]) -> None:
    assert asked(document) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"maxWidth": 2000}, ["!1024,1024", "1024,", "max"]),
        ({"maxWidth": 500}, ["!500,250", "500,", "max"]),
        ({"maxWidth": 500, "maxHeight": 100}, ["!200,100", "200,", "max"]),
        ({"maxArea": 20_000}, ["!200,100", "200,", "max"]),
        ({"maxWidth": 1}, ["!1,1", "1,", "max"]),
        ({"maxWidth": "500"}, ["!1024,1024", "1024,", "max"]),
    ],
)
def test_limits_are_kept(limits: dict[str, Json], expected: list[str]) -> None:
    assert asked({**info(V3, "level2", 4000, 2000), **limits}) == expected
    nested: Json = ["http://iiif.io/api/image/2/level2.json", limits]
    whole = "full" if "500" in limits.values() else "max"
    assert asked(info(V2, nested, 4000, 2000)) == [*expected[:-1], whole]


def tiled(*factors: int, width: int = 512, version: str = V3, **more: Json) -> dict[str, Json]:
    tiles: Json = [{"width": width, "scaleFactors": list(factors)}]
    return {**info(version, "level0", 4000, 3000), "sizes": [], "tiles": tiles, **more}


@pytest.mark.parametrize(
    ("document", "expected", "only"),
    [
        # 4000 / 8 = 500 px is the only tile that shows everything and is large enough.
        (tiled(1, 2, 4, 8, 16, 32), ["500,375", "0,0,4000,3000/500,375", "max"], False),
        (tiled(1, 2, 4, 8, version=V2), ["500,", "0,0,4000,3000/500,", "full"], False),
        (tiled(2, 4, 8, width=2048), ["2000,1500", "0,0,4000,3000/2000,1500", "max"], False),
        (tiled(4, 8, width=2048), ["1000,750", "0,0,4000,3000/1000,750", "max"], False),
        (tiled(2, 4, width=2048), ["2000,1500", "0,0,4000,3000/2000,1500", "max"], False),
        (tiled(1, 2, 4), ["max"], True),
        (tiled(1, 2, 4, 8, 16, width=256), ["250,188", "0,0,4000,3000/250,188", "max"], False),
        (tiled(32, width=128), ["max"], True),
        (tiled(8, sizes=[{"width": 400, "height": 300}]), ["400,300", "max"], False),
        (tiled(8, profile="level1"), ["1024,", "max"], False),
        (tiled(), ["max"], False),
        (tiled(tiles=[7, {"width": 0}, {"width": 512, "scaleFactors": ["8", None]}]), ["max"],
         False),
    ],
)  # fmt: skip
def test_one_tile_may_show_the_whole(document: Json, expected: list[str], only: bool) -> None:
    assert asked(document) == expected
    assert only_in_tiles(service_from_info(document, REF)) is only


def test_a_restricted_picture_is_asked_for_in_its_smaller_sizes_too() -> None:
    login: Json = [{"type": "AuthProbeService2", "id": "https://a.example/probe"}]
    sizes = [(4000, 2000), (2000, 1000), (1000, 500), (500, 250)]
    document = {**info(V3, "level2", 4000, 2000, *sizes), "service": login}
    assert asked(document) == [
        "!1024,1024", "1024,", "2000,1000", "1000,500", "500,250", "max"
    ]  # fmt: skip


def test_the_first_version_of_the_api_calls_its_quality_native() -> None:
    old = "http://library.stanford.edu/iiif/image-api/1.1"
    document = info(f"{old}/context.json", f"{old}/compliance.html#level1", 6000, 4000)

    assert size_urls(service_from_info(document, REF), 600) == [
        f"{BASE}/full/600,/0/native.jpg",
        f"{BASE}/full/full/0/native.jpg",
    ]


KEYS = ["@context", "profile", "width", "height", "sizes", "tiles", "scaleFactors", "service"]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 9) | st.floats()
    | st.sampled_from([V2, V3, "level1"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(KEYS), inner, max_size=5
    ),
)  # fmt: skip


@given(ODD, st.integers(1, 4000))
def test_any_document_gives_at_least_the_whole_picture(document: Any, size: int) -> None:
    urls = size_urls(service_from_info(document, REF), size)

    assert urls[-1].endswith(("/full/max/0/default.jpg", "/full/full/0/default.jpg"))
