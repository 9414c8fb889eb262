from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from iiif_dedup.errors import FetchError, ImageError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.process.images import ProcessedImage, fetch_and_process, process_many
from iiif_dedup.process.tiles import tile
from iiif_dedup.types import ImageRef
from tests.partners.misbehaving import MisbehavingServer
from tests.process.pictures import difference, encoded, scene

PICTURE = encoded(scene(600, 400), "JPEG")


def put(server: MisbehavingServer, name: str, body: bytes = PICTURE) -> str:
    server.bodies[name] = ("image/jpeg", body)
    return server.url(f"/bytes/{name}")


def process(ref: ImageRef, fetcher: Fetcher) -> ProcessedImage:
    found = fetch_and_process(ref, fetcher, size=1024, max_pixels=1_000_000)
    assert isinstance(found, ProcessedImage)
    return found


def test_a_picture_becomes_what_a_search_needs(server: MisbehavingServer, fetcher: Fetcher) -> None:
    url = put(server, "vase.jpg")

    image = process(ImageRef(0, url), fetcher)

    assert image.sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert (image.byte_size, image.request_url) == (len(PICTURE), url)
    assert (image.width, image.height, image.blank) == (600, 400, False)
    assert difference(image.tile, tile(scene(600, 400))) < 1
    assert len(image.phash) == 16


def test_a_page_of_one_colour_is_blank(server: MisbehavingServer, fetcher: Fetcher) -> None:
    url = put(server, "page.jpg", encoded(np.full((50, 50, 3), 240, np.uint8), "JPEG"))

    assert process(ImageRef(0, url), fetcher).blank


@pytest.mark.parametrize(
    ("served", "requests"),
    [("!1024,1024", 1), ("1024,", 2), ("max", 3), (None, 4)],
)
def test_a_server_that_refuses_a_size_is_asked_for_a_simpler_one(
    server: MisbehavingServer, fetcher: Fetcher, served: str | None, requests: int
) -> None:
    body_url = put(server, "own.jpg")
    url = put(server, f"7/full/{served}/0/default.jpg") if served else body_url
    ref = ImageRef(0, body_url, server.url("/bytes/7"), 3, 2, width=4000, height=3000)

    assert process(ref, fetcher).request_url == url
    assert sum(server.requests.values()) == requests


@pytest.mark.parametrize("path", ["/status/410", "/status/429", "/stall", "/cut"])
def test_other_failures_are_not_taken_for_a_refused_size(
    server: MisbehavingServer, fetcher: Fetcher, path: str
) -> None:
    ref = ImageRef(0, put(server, "own.jpg"), server.url(f"{path}?"), 3, 2, width=9, height=9)

    with pytest.raises(FetchError):
        process(ref, fetcher)

    assert sum(server.requests.values()) == 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/html", Reason.NOT_AN_IMAGE), ("/status/404", Reason.HTTP_CLIENT_ERROR)],
)
def test_what_is_no_picture_has_its_reason(
    server: MisbehavingServer, fetcher: Fetcher, path: str, reason: Reason
) -> None:
    with pytest.raises((FetchError, ImageError)) as caught:
        process(ImageRef(0, server.url(path)), fetcher)

    assert caught.value.reason is reason


def test_picture_files_have_their_own_size_limit(server: MisbehavingServer) -> None:
    policy = FetchPolicy(
        delay_s=0, retries=0, max_bytes=10, max_image_bytes=len(PICTURE), allow_loopback=True
    )
    with Fetcher(policy) as fetcher:
        assert process(ImageRef(0, put(server, "ok.jpg")), fetcher).width == 600
        with pytest.raises(FetchError) as caught:
            process(ImageRef(0, put(server, "larger.jpg", PICTURE + b"\0")), fetcher)

    assert caught.value.reason is Reason.TOO_LARGE


# Many at once


def test_results_come_in_the_order_of_the_pictures_failures_among_them(
    server: MisbehavingServer, fetcher: Fetcher
) -> None:
    urls = [put(server, f"{i}.png", encoded(scene(20 + i, 30), "PNG")) for i in range(20)]
    urls[3], urls[7], urls[11] = (
        server.url("/slow"),
        server.url("/status/404"),
        server.url("/stall"),
    )

    results = list(
        process_many(
            [ImageRef(i, url) for i, url in enumerate(urls)], fetcher,
            workers=4, size=1024, max_pixels=1_000_000,
        )
    )  # fmt: skip

    assert [place for place, _ in results] == list(range(20))
    for place, result in results:
        if place in {3, 7, 11}:
            assert isinstance(result, FetchError | ImageError)
            assert result.__traceback__ is None, "it would keep the response in memory"
        else:
            assert isinstance(result, ProcessedImage)
            assert result.width == 20 + place


def test_pictures_are_read_only_a_little_ahead(server: MisbehavingServer, fetcher: Fetcher) -> None:
    url = put(server, "vase.jpg")
    taken = 0

    def endless() -> Iterator[ImageRef]:
        nonlocal taken
        while True:
            taken += 1
            yield ImageRef(0, url)

    results = process_many(endless(), fetcher, workers=2, size=1024, max_pixels=1_000_000)
    for done in range(1, 6):
        next(results)
        assert taken <= done + 4
    results.close()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("image")]


def test_what_is_no_failure_of_a_picture_stops_the_whole(server: MisbehavingServer) -> None:
    """A cancelled job makes the fetcher's sleep raise; that must not count as a bad picture."""

    class CancelledError(Exception):
        pass

    def sleep(seconds: float) -> None:
        raise CancelledError

    policy = FetchPolicy(delay_s=5, allow_loopback=True)
    refs = [ImageRef(i, put(server, "vase.jpg")) for i in range(4)]
    with Fetcher(policy, sleep=sleep) as fetcher, pytest.raises(CancelledError):
        list(process_many(refs, fetcher, workers=1, size=1024, max_pixels=1_000_000))


def test_nothing_in_gives_nothing_out(fetcher: Fetcher) -> None:
    assert list(process_many([], fetcher, workers=2, size=1024, max_pixels=1_000_000)) == []


@pytest.mark.parametrize(("records", "read"), [(1, 1), (20, 0)])
def test_a_host_rests_when_it_refuses_many_records_not_one_with_many_pictures(
    server: MisbehavingServer, records: int, read: int
) -> None:
    refs = [ImageRef(n, server.url(f"/status/403?{n}")) for n in range(20)]
    last = ImageRef(20, put(server, "last.jpg"))
    about = {place: f"record {place % records}" for place in range(20)}
    with Fetcher(FetchPolicy(delay_s=0, retries=0, allow_loopback=True)) as fetcher:
        found = process_many(
            [*refs, last], fetcher, workers=1, size=1024, max_pixels=1_000_000, about=about
        )
        results = [result for _, result in found]

    assert sum(isinstance(result, ProcessedImage) for result in results) == read
