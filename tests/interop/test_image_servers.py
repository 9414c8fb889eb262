"""Pictures from image servers that we did not write, by the step that fetches and decodes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.process.images import ProcessedImage, fetch_and_process
from iiif_dedup.types import ImageRef
from tests.interop import servers

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(FetchPolicy(delay_s=0, retries=0, allow_loopback=True)) as made:
        yield made


@pytest.fixture(scope="module")
def test_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("iiif")
    servers.save_picture(folder / "vase.png")
    with servers.test_server(folder) as url:
        yield url


@pytest.fixture(scope="module")
def iipimage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("iip")
    servers.save_picture(folder / "vase.jp2", tile_size=(256, 256), num_resolutions=4)
    with servers.iipimage(folder) as url:
        yield f"{url}/vase.jp2"


def fetched(ref: ImageRef, fetcher: Fetcher, size: int) -> ProcessedImage:
    image = fetch_and_process(ref, fetcher, size=size, max_pixels=10_000_000)
    assert isinstance(image, ProcessedImage)
    return image


def service(url: str, **declared: Any) -> ImageRef:
    return ImageRef(0, f"{url}/no/such/picture", service_id=url, **declared)


def shows_the_vase(image: ProcessedImage, *, coloured: bool = True) -> bool:
    """Tell whether a picture is the known one: all of it, upright, and in its colours."""
    assert image.pixels is not None
    original = Image.fromarray(servers.pixels())
    shape = (image.pixels.shape[1], image.pixels.shape[0])
    expected = np.asarray(original.resize(shape, Image.Resampling.BOX)).astype(float)
    if not coloured:
        grey = np.asarray(original.convert("L").resize(shape, Image.Resampling.BOX)).astype(float)
        expected = np.repeat(grey[:, :, None], 3, axis=2)
    return bool(np.abs(image.pixels.astype(float) - expected).mean() < 4)


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", "2.1", "3.0"])
def test_every_version_of_the_image_api(test_server: str, fetcher: Fetcher, version: str) -> None:
    image = fetched(service(f"{test_server}/{version}_pil/vase"), fetcher, 400)
    assert (image.width, image.height) == (400, 300)
    assert shows_the_vase(image)
    # Larger than the picture is: asked for as it is.
    image = fetched(service(f"{test_server}/{version}_pil/vase"), fetcher, 4000)
    assert (image.width, image.height) == (servers.WIDTH, servers.HEIGHT)


@pytest.mark.parametrize(("version", "level"), [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2)])
def test_what_a_manifest_declares_needs_no_info_json(
    test_server: str, fetcher: Fetcher, version: int, level: int
) -> None:
    name = {1: "1.1", 2: "2.1", 3: "3.0"}[version]
    declared = {"service_version": version, "service_level": level, "width": 1000, "height": 750}
    before = fetcher.requests
    image = fetched(service(f"{test_server}/{name}_pil/vase", **declared), fetcher, 500)
    assert (image.width, image.height) == (500, 375)
    assert shows_the_vase(image)
    assert fetcher.requests == before + 1


@pytest.mark.parametrize("kind", ["basic", "clickthrough", "external", "kiosk"])
@pytest.mark.parametrize("restricted", [True, False])
def test_of_a_restricted_picture_the_public_form_is_taken(
    test_server: str, fetcher: Fetcher, kind: str, restricted: bool
) -> None:
    """The server redirects strangers to a degraded, here grey, picture."""
    url = f"{test_server}/2.1_pil_{kind}/vase"
    image = fetched(ImageRef(0, url, service_id=url, restricted=restricted), fetcher, 400)
    assert "-deg/" in image.request_url
    assert (image.width, image.height) == (400, 300)
    assert shows_the_vase(image, coloured=False)


@pytest.mark.parametrize(("size", "expected"), [(400, (400, 300)), (4000, (1000, 750))])
def test_iipimage(iipimage: str, fetcher: Fetcher, size: int, expected: tuple[int, int]) -> None:
    image = fetched(service(iipimage), fetcher, size)
    assert (image.width, image.height) == expected
    assert shows_the_vase(image)


def test_the_base_uri_of_iipimage_leads_to_its_info_json(iipimage: str, fetcher: Fetcher) -> None:
    answer = fetcher.get(iipimage)
    assert answer.final_url.endswith("/vase.jp2/info.json")
