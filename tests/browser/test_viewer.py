"""A curator in front of Mirador: sees the suggestion, reads why, follows the link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from api import viewer
from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord
from demo.partner_server import PartnerServer
from iiif_dedup.publish.urls import Urls
from iiif_dedup.settings import load_settings
from iiif_dedup.store import ids, migrate
from iiif_dedup.store.database import Database
from tests.api.builders import run
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.web import harvest, served
from tests.flows.small_partner import Blots
from tests.store.examples import see_all, store

pytestmark = pytest.mark.browser

HOSTILE = "Κύλιξ <img src=x onerror=\"document.title='owned'\"> & co"


@dataclass(frozen=True, slots=True)
class Museum:
    """A running service with two records of two partners, one suggested for the other."""

    urls: Urls
    anchor: str
    candidate: str


def dataset() -> Dataset:
    """Return two collections of one record each that show the same picture."""

    def collection(key: str, title: str) -> DemoCollection:
        picture = DemoImage("p", "front", Blots("shared", 640, 480))
        return DemoCollection(
            key=key,
            titles={"en": (f"Museum {key}",)},
            provider=f"Museum {key}",
            rights="http://rightsstatements.org/vocab/InC/1.0/",
            attribution=f"Museum {key}.",
            records=(DemoRecord("r", {"en": (title,)}, (), (picture,)),),
        )

    return Dataset(
        (collection("north", "Kylix of the north"), collection("south", HOSTILE)), (), ()
    )


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    if viewer.installed() is None:
        pytest.fail("The browser tests need the viewer: run `make setup` with Node.")
    folder = tmp_path_factory.mktemp("data")
    with (
        PartnerServer(dataset()) as partner,
        Database(load_settings({}, data_dir=folder).database) as database,
    ):
        migrate.migrate(database)
        found = {}
        for number, (key, _, url) in enumerate(partner.collections):
            (record,) = harvest(url)
            store(database, [record], key=key, job_id=key)
            see_all(database, key=key, first_seed=number)
            found[key] = ids.record_id(key, record.identifier)
        run(database, found["north"], [(ids.image_id(found["south"], 0), 0.4)])
        with served(folder) as settings:
            yield Museum(Urls(settings.base_url), found["north"], found["south"])


def test_the_suggestion_stands_in_the_panel_and_its_link_opens_the_pair(
    page: Page, museum: Museum
) -> None:
    page.goto(museum.urls.viewer(museum.anchor))
    panel = page.locator("li", has_text="This may be the same artefact as").first
    expect(panel).to_contain_text("from \u2068Museum of South\u2069", timeout=TIMEOUT_MS)
    expect(panel).to_contain_text(
        "Clone norm 0.400, threshold 1.500; place 1 among the candidates from 1 pictures."
    )
    expect(panel).to_contain_text("nobody has reviewed it yet")
    link = panel.get_by_role("link", name="Compare the two")
    assert link.get_attribute("href") == museum.urls.viewer(museum.anchor, museum.candidate)
    with page.context.expect_page() as opened:
        link.click()
    pair = opened.value
    pair.wait_for_load_state()
    expect(pair.locator("header.pair h1")).to_have_text(["Kylix of the north", "Κύλιξ & co"])
    expect(pair.locator(".mirador-window")).to_have_count(2, timeout=TIMEOUT_MS)
    expect(pair.locator("li", has_text="This may be the same").first).to_be_visible(
        timeout=TIMEOUT_MS
    )
    assert pair.title() != "owned"


def test_both_pictures_are_drawn(page: Page, museum: Museum) -> None:
    def picture_of(key: str) -> Callable[[Response], bool]:
        return lambda answer: (
            answer.ok and f"/{key}/images/p/" in answer.url and "/default." in answer.url
        )

    with (
        page.expect_response(picture_of("north")),
        page.expect_response(picture_of("south")),
    ):
        page.goto(museum.urls.viewer(museum.anchor, museum.candidate))
    expect(page.locator(".mirador-window")).to_have_count(2, timeout=TIMEOUT_MS)


def test_greek(page: Page, museum: Museum) -> None:
    page.goto(f"{museum.urls.viewer(museum.anchor)}?lang=el")
    panel = page.locator("li", has_text="Ίσως πρόκειται για το ίδιο τέχνεργο").first
    expect(panel).to_contain_text("δεν την έχει ελέγξει κανείς ακόμη", timeout=TIMEOUT_MS)


def test_without_javascript_titles_and_links_remain(browser: Browser, museum: Museum) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(museum.urls.viewer(museum.anchor))
    expect(page.locator("header.pair h1")).to_have_text(["Kylix of the north", "Κύλιξ & co"])
    expect(page.locator("header.pair a", has_text="JSON").first).to_have_attribute(
        "href", museum.urls.record(museum.anchor)
    )
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    context.close()
