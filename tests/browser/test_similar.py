"""A person in front of the strip: a picture, those that look like it, and the least similar one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord
from demo.partner_server import PartnerServer
from iiif_dedup.publish.urls import Urls
from iiif_dedup.settings import load_settings
from iiif_dedup.store import clones, descriptors, ids, migrate
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector
from tests.browser.web import harvest, served
from tests.flows.small_partner import Blots
from tests.store.examples import see_all, store

pytestmark = pytest.mark.browser

HOSTILE = "Κύλιξ <img src=x onerror=\"document.title='owned'\"> & co"
RECORDS = 12
VERSIONS = {"efficientnet_lite0/57934424/2": 1, "colour/1": -1}
"""Version → in which direction the records go away from the first."""


@dataclass(frozen=True, slots=True)
class Museum:
    """A running service, and the record that is asked about."""

    urls: Urls
    record: str


def dataset() -> Dataset:
    """Return a collection of twelve records: the last is the least similar, the third hostile."""

    def record(number: int) -> DemoRecord:
        title = HOSTILE if number == 2 else f"Kylix {number}"
        facets = (({"en": ("Technique",)}, {"en": ("red-figure" if number < 4 else "black",)}),)
        size = (640, 480) if number % 2 else (360, 640)
        picture = DemoImage(f"p{number}", "front", Blots(f"picture {number}", *size))
        return DemoRecord(f"r{number}", {"en": (title,)}, facets, (picture,))

    collection = DemoCollection(
        key="north",
        titles={"en": ("Museum of the north",)},
        provider="Museum of the north",
        rights="http://rightsstatements.org/vocab/InC/1.0/",
        attribution="Museum of the north.",
        records=tuple(record(number) for number in range(RECORDS)),
    )
    return Dataset((collection,), (), ())


def describe(database: Database, record_ids: list[str]) -> None:
    """Give every picture vectors, each record further away from the first than the one before."""
    with database.write() as session:
        records = clones.load_records(session, record_ids)
        for version, direction in VERSIONS.items():
            ordered = records[:1] + records[1:][::direction]
            for place, record in enumerate(ordered):
                angle = np.radians(15 * place)
                vector = np.array([np.cos(angle), np.sin(angle)], dtype="<f2")
                sha256 = record.images[0].sha256 or ""
                descriptors.add(session, [Vector(sha256, version, vector.tobytes())])


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    folder = tmp_path_factory.mktemp("data")
    with (
        PartnerServer(dataset()) as partner,
        Database(load_settings({}, data_dir=folder).database) as database,
    ):
        migrate.migrate(database)
        ((key, _, url),) = partner.collections
        records = harvest(url)
        store(database, records, key=key)
        see_all(database, key=key)
        record_ids = [ids.record_id(key, record.identifier) for record in records]
        describe(database, record_ids)
        with served(folder) as settings:
            yield Museum(Urls(settings.base_url), record_ids[0])


def test_ten_pictures_stand_beside_the_one_that_is_asked_about(page: Page, museum: Museum) -> None:
    page.goto(museum.urls.strip(museum.record), wait_until="networkidle")
    expect(page.locator("h1")).to_have_text("Similar to Kylix 0")
    expect(page.locator("li.similar")).to_have_count(9)
    expect(page.locator("li.similar").first).to_contain_text("Similar 1")
    expect(page.locator("li.similar").first).to_contain_text("Technique: red-figure")
    expect(page.locator("li.similar").nth(1)).to_contain_text("Κύλιξ & co")
    expect(page.locator(".least_similar")).to_contain_text("Least similar")
    expect(page.locator(".least_similar")).to_contain_text("Kylix 11")
    widths = page.locator(".strip img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert len(widths) == 11
    assert all(width > 0 for width in widths)
    assert page.title() == "Similar to Kylix 0 – iiif_dedup"
    # Nothing sticks out to the side, on a screen or a telephone.
    for width in (1400, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_another_descriptor_is_a_link_away(page: Page, museum: Museum) -> None:
    page.goto(museum.urls.strip(museum.record, lang="el"))
    expect(page.locator("html")).to_have_attribute("lang", "el")
    page.get_by_role("link", name="χρώματα του κέντρου").click()
    expect(page.locator("[aria-current]").first).to_have_text("χρώματα του κέντρου")
    expect(page.locator("li.similar").first).to_contain_text("Kylix 11")
    expect(page.locator("li.similar").first).to_contain_text("Ομοιότητα 0,966")


def test_without_javascript_it_is_the_same(browser: Browser, museum: Museum) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(museum.urls.strip(museum.record))
    expect(page.locator("li.similar")).to_have_count(9)
    expect(page.get_by_role("link", name="Kylix 1", exact=True)).to_have_attribute(
        "href", f"{museum.urls.viewer(museum.record)}?candidate=" + _candidate(page)
    )
    context.close()


def _candidate(page: Page) -> str:
    href = page.locator("li.similar a").first.get_attribute("href") or ""
    return href.rpartition("=")[2]
