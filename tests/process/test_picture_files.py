"""The file of one picture from servers that say too little, refuse, redirect or want a log-in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.process.picture_files import KnownImage, fetch_picture
from iiif_dedup.types import ImageRef, Validators
from tests.harvesters.partner import Partner, serving

V2, V3 = "http://iiif.io/api/image/2/context.json", "http://iiif.io/api/image/3/context.json"
LOGIN = {"profile": "http://iiif.io/api/auth/1/login", "@id": "https://login.example/"}


@pytest.fixture
def partner() -> Iterator[Partner]:
    with serving() as here:
        yield here


def ref(partner: Partner, level: int | None = None, **more: Any) -> ImageRef:
    size = {"width": 4000, "height": 3000} if level else {}
    service = {"service_id": partner.url("/7"), "service_version": 3, "service_level": level}
    return ImageRef(0, partner.url("/body.jpg"), **{**service, **size, **more})


def info(partner: Partner, path: str = "/7", status: int = 200, **more: Any) -> None:
    document = {"@context": V3, "profile": "level2", "width": 4000, "height": 3000, **more}
    partner.pages[f"{path}/info.json"] = (document, {}, status)


def picture(partner: Partner, *paths: str) -> None:
    for path in paths:
        partner.pages[path] = path.encode()


def fetched(partner: Partner, fetcher: Fetcher, image: ImageRef) -> str:
    return fetch_picture(image, fetcher, 1024).body.decode()


def refusal(fetcher: Fetcher, image: ImageRef) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch_picture(image, fetcher, 1024)
    return caught.value


def test_without_a_service_the_picture_s_own_url_is_asked(
    partner: Partner, fetcher: Fetcher
) -> None:
    picture(partner, "/body.jpg")
    plain = ImageRef(0, partner.url("/body.jpg"), width=4000, height=3000)
    assert fetched(partner, fetcher, plain) == "/body.jpg"
    assert sum(partner.asked.values()) == 1


def test_what_the_manifest_says_is_enough_when_it_says_all(
    partner: Partner, fetcher: Fetcher
) -> None:
    picture(partner, "/7/full/!1024,1024/0/default.jpg")
    assert fetched(partner, fetcher, ref(partner, level=2)).startswith("/7/full/!1024")
    assert sum(partner.asked.values()) == 1


def test_info_json_is_read_when_the_manifest_says_too_little(
    partner: Partner, fetcher: Fetcher
) -> None:
    info(partner, id="http://inside.local/7", profile="level1")
    picture(partner, "/7/full/1024,/0/default.jpg")
    assert fetched(partner, fetcher, ref(partner)).startswith("/7/full/1024,")


def test_a_refused_size_is_followed_by_simpler_ones(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/7/full/!1024,1024/0/default.jpg"] = 403
    partner.pages["/7/full/1024,/0/default.jpg"] = 501
    picture(partner, "/7/full/max/0/default.jpg")
    assert fetched(partner, fetcher, ref(partner, level=2)).startswith("/7/full/max")


def test_without_an_info_json_the_picture_s_own_url_is_left(
    partner: Partner, fetcher: Fetcher
) -> None:
    picture(partner, "/body.jpg")
    assert fetched(partner, fetcher, ref(partner)) == "/body.jpg"


def test_an_info_json_that_is_no_json_is_told(partner: Partner, fetcher: Fetcher) -> None:
    partner.pages["/7/info.json"] = b"<html>"
    assert refusal(fetcher, ref(partner)).reason is Reason.NOT_JSON


def test_what_another_size_would_not_mend_ends_the_attempts(
    partner: Partner, fetcher: Fetcher
) -> None:
    partner.pages["/7/full/!1024,1024/0/default.jpg"] = 503
    assert refusal(fetcher, ref(partner, level=2)).status == 503
    assert sum(partner.asked.values()) == 1


@pytest.mark.parametrize("announced", [True, False])
def test_the_public_form_that_info_json_redirects_to_is_taken(
    partner: Partner, fetcher: Fetcher, announced: bool
) -> None:
    """Authorization 1.0, section 4.1: a restricted id redirects to one with less."""
    for form in ("!1024,1024", "1024,", "max"):
        partner.pages[f"/7/full/{form}/0/default.jpg"] = 401
    partner.pages["/body.jpg"] = 401
    partner.pages["/7/info.json"] = (302, {"Location": "/7-small/info.json"})
    info(partner, "/7-small", width=400, height=300, service=LOGIN)
    picture(partner, "/7-small/full/!400,300/0/default.jpg")
    image = ref(partner, level=2, restricted=announced)
    assert fetched(partner, fetcher, image) == "/7-small/full/!400,300/0/default.jpg"
    assert max(partner.asked.values()) == 1
    assert (partner.asked["/body.jpg"] == 0) is announced


def test_public_sizes_of_a_degraded_info_json_are_taken(partner: Partner, fetcher: Fetcher) -> None:
    """A 401 may carry the info.json of what everybody may see."""
    sizes = [{"width": 400, "height": 300}, {"width": 100, "height": 75}]
    info(partner, status=401, service=[LOGIN], sizes=sizes)
    for form in ("!1024,1024", "1024,", "400,300"):
        partner.pages[f"/7/full/{form}/0/default.jpg"] = 401
    picture(partner, "/7/full/100,75/0/default.jpg")
    assert fetched(partner, fetcher, ref(partner)) == "/7/full/100,75/0/default.jpg"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("level", [None, 2])
def test_a_picture_without_public_sizes_is_restricted(
    partner: Partner, fetcher: Fetcher, status: int, level: int | None
) -> None:
    info(partner, service=LOGIN)
    for form in ("!1024,1024", "1024,", "max"):
        partner.pages[f"/7/full/{form}/0/default.jpg"] = status
    partner.pages["/body.jpg"] = status
    error = refusal(fetcher, ref(partner, level=level))
    assert (error.reason, error.status) == (Reason.RESTRICTED, status)
    assert max(partner.asked.values()) == 1


def test_restricted_pictures_do_not_stop_the_others(partner: Partner, fetcher: Fetcher) -> None:
    picture(partner, "/open.jpg")
    for number in range(30):
        partner.pages[f"/{number}.jpg"] = 403
        assert refusal(fetcher, ImageRef(0, partner.url(f"/{number}.jpg"))).status == 403
        if number % 5 == 4:
            plain = ImageRef(0, partner.url("/open.jpg"))
            assert fetched(partner, fetcher, plain) == "/open.jpg"


def test_a_server_of_tiles_alone_has_a_reason(partner: Partner, fetcher: Fetcher) -> None:
    tiles = [{"width": 256, "scaleFactors": [1, 2, 4]}]
    info(partner, profile="level0", tiles=tiles)
    error = refusal(fetcher, ref(partner))
    assert error.reason is Reason.NO_WHOLE_PICTURE
    # Some have the whole picture in spite of that.
    picture(partner, "/7/full/max/0/default.jpg")
    assert fetched(partner, fetcher, ref(partner)) == "/7/full/max/0/default.jpg"


def test_the_one_tile_with_the_whole_picture_is_taken(partner: Partner, fetcher: Fetcher) -> None:
    info(partner, profile="level0", tiles=[{"width": 512, "scaleFactors": [1, 2, 4, 8]}])
    picture(partner, "/7/0,0,4000,3000/500,375/0/default.jpg", "/7/full/max/0/default.jpg")
    assert fetched(partner, fetcher, ref(partner)).startswith("/7/0,0,4000,3000/500,375/")


def test_a_known_file_is_asked_for_first_and_on_condition(
    partner: Partner, fetcher: Fetcher
) -> None:
    url = "/7/full/1024,/0/default.jpg"
    partner.pages[url] = lambda _query, headers: (304 if headers["If-None-Match"] else 500, {})
    known = KnownImage(partner.url(url), Validators(etag='"7"'))
    answer = fetch_picture(ref(partner, level=2), fetcher, 1024, known=known)
    assert answer.status == 304
    assert sum(partner.asked.values()) == 1
    # A URL that would no longer be asked is not asked.
    picture(partner, "/7/full/!512,512/0/default.jpg")
    assert (
        json.dumps(fetch_picture(ref(partner, level=2), fetcher, 512, known=known).status) == "200"
    )
