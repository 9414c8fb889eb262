"""Pictures that are asked for again: what is downloaded, and what counts as another picture."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import select

from iiif_dedup import pipeline
from iiif_dedup.errors import FetchError
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.settings import load_settings
from iiif_dedup.store import changes, images, pool, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Image
from iiif_dedup.types import ImageRef
from tests.harvesters.partner import Partner, serving
from tests.pipeline.rows import everything, job, take
from tests.store.examples import record, store


def jpeg(seed: int, quality: int = 90) -> bytes:
    """Return a picture of soft blots."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    body = io.BytesIO()
    smooth = Picture.fromarray(coarse).resize((210, 150), Picture.Resampling.BICUBIC)
    smooth.save(body, "JPEG", quality=quality)
    return body.getvalue()


class Museum:
    """One record with one picture at a partner, and what became of it."""

    def __init__(self, database: Database, partner: Partner, folder: Path) -> None:
        self.database = database
        self.partner = partner
        self.settings = load_settings({}, descriptors="colour", data_dir=folder)
        self.sent = 0
        self.titles = 0

    def show(self, body: bytes, etag: str | None = '"1"', status: int = 200) -> None:
        """Let the partner answer with a picture, or not at all to its validator."""

        def page(_query: object, headers: Message) -> tuple[object, dict[str, str], int]:
            given = {"Content-Type": "image/jpeg"} | ({} if etag is None else {"ETag": etag})
            if etag is not None and headers["If-None-Match"] == etag:
                return b"", given, 304
            self.sent += 1
            return body, given, status

        self.partner.pages["/picture.jpg"] = page

    def harvest(self, *, changed: bool = True) -> None:
        self.titles += changed
        ref = ImageRef(position=0, url=self.partner.url("/picture.jpg"))
        found = replace(record(1, title=f"Title {self.titles}"), images=(ref,))
        store(self.database, [found], job_id=f"harvest {self.titles} {changed}")

    def process(self) -> None:
        with self.database.write() as session:
            job_id = work.enqueue_process_images(session, "athens").id
        policy = FetchPolicy(delay_s=0, retries=0, allow_loopback=True)
        with Fetcher(policy) as fetcher:
            claim = take(self.database, job_id)
            pipeline.process_images(claim, self.database, fetcher, self.settings, "athens")

    def slot(self) -> Image:
        with self.database.read() as session:
            return session.scalars(select(Image)).one()

    def versions(self) -> int:
        return len(everything(self.database)["image_version"])

    def searchable(self) -> int:
        with self.database.read() as session:
            return pool.highest_sequence(session) - len(pool.retired_sequences(session))


@pytest.fixture
def museum(database: Database, tmp_path: Path) -> Iterator[Museum]:
    with serving() as partner:
        museum = Museum(database, partner, tmp_path / "data")
        museum.show(jpeg(1))
        museum.harvest()
        museum.process()
        assert (museum.sent, museum.versions(), museum.slot().etag) == (1, 1, '"1"')
        yield museum


def test_pictures_of_an_unchanged_record_are_not_asked_for(museum: Museum) -> None:
    museum.harvest(changed=False)
    museum.process()
    assert museum.partner.asked["/picture.jpg"] == 1


def test_a_server_with_validators_sends_an_unchanged_picture_once(museum: Museum) -> None:
    museum.harvest()
    assert (museum.slot().state, museum.slot().recheck) == ("ready", True)
    assert museum.searchable() == 1
    museum.process()
    assert (museum.partner.asked["/picture.jpg"], museum.sent) == (2, 1)
    assert not museum.slot().recheck
    museum.process()
    assert museum.partner.asked["/picture.jpg"] == 2


@pytest.mark.parametrize("etag", ['"2"', None])
@pytest.mark.parametrize("quality", [90, 70])
def test_the_same_picture_in_other_bytes_is_no_new_version(
    museum: Museum, etag: str | None, quality: int
) -> None:
    before = museum.slot().current_version_id
    museum.show(jpeg(1, quality), etag)
    museum.harvest()
    museum.process()
    assert (museum.versions(), museum.slot().current_version_id) == (1, before)
    assert (museum.slot().etag, museum.slot().recheck) == (etag, False)
    assert len(everything(museum.database)["tile"]) == 1


def test_without_a_derivative_the_tile_tells(museum: Museum) -> None:
    for file in museum.settings.derivatives_folder.rglob("*.jpg"):
        file.unlink()
    museum.settings = museum.settings.model_copy(update={"derivatives": False})
    museum.show(jpeg(1, 85), '"2"')
    museum.harvest()
    museum.process()
    assert museum.versions() == 1
    museum.show(jpeg(2), '"3"')
    museum.harvest()
    museum.process()
    assert museum.versions() == 2
    assert not list(museum.settings.derivatives_folder.rglob("*.jpg"))


def test_another_picture_is_a_new_version_and_described(museum: Museum) -> None:
    museum.show(jpeg(2), '"2"')
    museum.harvest()
    museum.process()
    assert (museum.versions(), museum.searchable(), museum.slot().etag) == (2, 1, '"2"')
    assert len(everything(museum.database)["descriptor"]) == 4  # and parts
    assert len(list(museum.settings.derivatives_folder.rglob("*.jpg"))) == 2
    museum.show(jpeg(1, 80), '"3"')
    museum.harvest()
    museum.process()
    assert museum.versions() == 3


def test_what_the_server_cannot_give_now_stays_and_is_asked_for_later(museum: Museum) -> None:
    museum.show(b"", None, 500)
    museum.harvest()
    museum.process()
    assert (museum.slot().state, museum.slot().recheck, museum.searchable()) == ("ready", True, 1)
    museum.show(jpeg(2), '"2"')
    museum.process()
    assert (museum.versions(), museum.slot().recheck) == (2, False)


def test_what_the_server_refuses_leaves_the_pool_and_may_return(museum: Museum) -> None:
    with museum.database.read() as session:
        before = changes.count(session)
    museum.show(b"", None, 404)
    museum.harvest()
    museum.process()
    assert (museum.slot().state, museum.slot().reason) == ("failed", "http_client_error")
    assert museum.searchable() == 0
    with museum.database.read() as session:
        assert changes.count(session) > before
    museum.show(jpeg(1))
    museum.harvest()
    museum.process()
    assert (museum.slot().state, museum.versions(), museum.searchable()) == ("ready", 1, 1)


def test_a_missing_derivative_is_made_again(museum: Museum) -> None:
    (file,) = museum.settings.derivatives_folder.rglob("*.jpg")
    expected = file.read_bytes()
    file.unlink()
    museum.process()
    assert file.read_bytes() == expected
    assert museum.versions() == 1


def test_a_long_pause_stops_the_job_and_fails_no_picture(museum: Museum) -> None:
    museum.partner.pages["/picture.jpg"] = (429, {"Retry-After": "3600"})
    museum.harvest()
    with museum.database.write() as session:
        session.scalars(select(Image)).one().state = "pending"
    with pytest.raises(FetchError):
        museum.process()
    assert museum.slot().state == "pending"
    with museum.database.read() as session:
        assert images.count_pending(session, "athens") == 1
    assert job(museum.database, everything_job(museum.database)).state == "running"


def everything_job(database: Database) -> str:
    with database.write() as session:
        return work.enqueue_process_images(session, "athens").id
