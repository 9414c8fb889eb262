from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.process.image_urls import request_urls, service_from_info, size_urls
from iiif_dedup.types import ImageRef, Json
from tests.partners.misbehaving import MisbehavingServer

BASE = "https://a.example/iiif/7"
BODY = f"{BASE}/full/512,/0/default.jpg"
V2, V3 = "http://iiif.io/api/image/2/context.json", "http://iiif.io/api/image/3/context.json"


def ref(level: int | None, width: int | None, height: int | None, version: int = 3) -> ImageRef:
    return ImageRef(
        0, BODY, service_id=BASE, service_version=version, service_level=level,
        width=width, height=height,
    )  # fmt: skip


def forms(urls: list[str]) -> list[str]:
    """Return the size of each Image API request."""
    return [url.removeprefix(f"{BASE}/full/").removesuffix("/0/default.jpg") for url in urls]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (ref(2, 4000, 3000), ["!1024,1024", "1024,", "max", "512,"]),
        (ref(2, 4000, 3000, version=2), ["!1024,1024", "1024,", "full", "512,"]),
        (ref(2, 3000, 4000), ["!1024,1024", "768,", "max", "512,"]),
        (ref(1, 4000, 3000), ["1024,", "max", "512,"]),
        (ref(1, 3000, 4000, version=2), ["768,", "full", "512,"]),
        # Never above the native size.
        (ref(2, 800, 600), ["!800,600", "800,", "max", "512,"]),
        (ref(1, 800, 600), ["800,", "max", "512,"]),
        (ref(2, 1024, 100_000), ["!1024,1024", "10,", "max", "512,"]),
    ],
)
def test_what_the_manifest_says_is_enough_when_it_says_all(
    picture: ImageRef, expected: list[str], fetcher: Fetcher
) -> None:
    assert forms(request_urls(picture, 1024, fetcher)) == expected


def test_a_picture_without_a_service_has_its_own_url_only(fetcher: Fetcher) -> None:
    plain = ImageRef(0, "https://a.example/vase.jpg", width=4000, height=3000)

    assert request_urls(plain, 1024, fetcher) == ["https://a.example/vase.jpg"]


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


LEVEL_1: Json = ["http://iiif.io/api/image/2/level1.json", {"formats": ["jpg"]}]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (info(V3, "level0", 6976, 5074, (3200, 9), (800, 9), (1600, 1164)), ["1600,1164", "max"]),
        (info(V2, ["http://iiif.io/api/image/2/level0.json"], 69, 50, (16, 11)), ["16,", "full"]),
        # Nothing listed reaches the wanted size: the largest, then the whole.
        (info(V3, None, 9, 6, (3, 2), (6, 4)), ["6,4", "max"]),
        # The canonical form of the native size is the whole.
        (info(V3, None, 9, 6, (9, 6)), ["max"]),
        (info(V2, "level0", 900, 600), ["full"]),
        (info([V2], LEVEL_1, 8932, 6493), ["1024,", "full"]),
        (info(V3, "level2", 400, 300), ["!400,300", "400,", "max"]),
        ({"@context": V3, "profile": "level2"}, ["max"]),
        ({}, ["max"]),
        ([], ["max"]),
    ],
)
def test_an_info_json_decides_version_level_and_sizes(document: Json, expected: list[str]) -> None:
    service = service_from_info(document, ref(None, None, None))

    assert forms(size_urls(service, 1024)) == expected


def test_the_first_version_of_the_api_calls_its_quality_native() -> None:
    old = "http://library.stanford.edu/iiif/image-api/1.1"
    document = info(f"{old}/context.json", f"{old}/compliance.html#level1", 6000, 4000)

    assert size_urls(service_from_info(document, ref(None, None, None)), 600) == [
        f"{BASE}/full/600,/0/native.jpg",
        f"{BASE}/full/full/0/native.jpg",
    ]


def service_on(server: MisbehavingServer, name: str) -> ImageRef:
    return ImageRef(0, server.url("/bytes/body.jpg"), service_id=server.url(f"/bytes/{name}"))


def test_info_json_is_read_when_the_manifest_says_too_little(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    document = {"id": "http://inside.local/7", **info(V3, "level1", 2000, 1000)}
    server.bodies["7/info.json"] = ("application/json", json.dumps(document).encode())

    urls = request_urls(service_on(server, "7"), 500, fetcher)

    base = server.url("/bytes/7/full")
    assert urls == [f"{base}/500,/0/default.jpg", f"{base}/max/0/default.jpg",
                    server.url("/bytes/body.jpg")]  # fmt: skip


def test_without_an_info_json_the_picture_s_own_url_is_left(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    assert request_urls(service_on(server, "8"), 500, fetcher) == [server.url("/bytes/body.jpg")]


def test_an_info_json_that_is_no_json_is_told(server: MisbehavingServer, fetcher: Fetcher) -> None:
    server.bodies["9/info.json"] = ("text/html", b"<html>")

    with pytest.raises(FetchError) as caught:
        request_urls(service_on(server, "9"), 500, fetcher)

    assert caught.value.reason is Reason.NOT_JSON


def test_recorded_info_files_give_requests_within_the_native_size(shared: Path) -> None:
    files = sorted((shared / "fixtures" / "image_info").glob("*.json"))
    assert len(files) > 30
    for file in files:
        service = service_from_info(json.loads(file.read_bytes()), ref(None, None, None))
        for form in forms(size_urls(service, 1024)):
            width, _, height = form.split("/")[0].lstrip("!").partition(",")
            assert not width.isdigit() or int(width) <= (service.width or 0), file.name
            assert not height.isdigit() or int(height) <= (service.height or 0), file.name


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 9) | st.floats()
    | st.sampled_from([V2, V3, "level1"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["@context", "profile", "width", "height", "sizes"]), inner, max_size=5
    ),
)  # fmt: skip


@given(ODD, st.integers(1, 4000))
def test_any_document_gives_at_least_the_whole_picture(document: Any, size: int) -> None:
    urls = size_urls(service_from_info(document, ref(None, None, None)), size)

    assert urls[-1].endswith(("/full/max/0/default.jpg", "/full/full/0/default.jpg"))
