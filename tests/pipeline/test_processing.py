from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import delete, select

from iiif_dedup import pipeline
from iiif_dedup.errors import LeaseLostError, SettingsError
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.pipeline import describing, processing
from iiif_dedup.process.decode import decode
from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.settings import load_settings
from iiif_dedup.store import descriptors, images, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Base, Image, Record
from iiif_dedup.types import ImageRef
from tests.partners.misbehaving import MisbehavingServer
from tests.pipeline.rows import everything, job, take
from tests.store.examples import record, seen, store

PICTURES = 11


def jpeg(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    body = io.BytesIO()
    Picture.fromarray(noise).save(body, "JPEG")
    return body.getvalue()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Derivatives go to the data folder, which is `data` below the current one."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def partner() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as server:
        for number in range(PICTURES):
            server.bodies[str(number)] = ("image/jpeg", jpeg(number))
        server.bodies["same"] = ("image/jpeg", jpeg(0))
        yield server


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    policy = FetchPolicy(delay_s=0, retries=0, concurrency=4, allow_loopback=True)
    with Fetcher(policy) as fetcher:
        yield fetcher


def prepare(database: Database, partner: MisbehavingServer) -> str:
    """Store records whose pictures the partner has, all but two; return the job for them."""
    paths = [f"/bytes/{n}" for n in range(PICTURES)] + ["/bytes/same", "/status/500", "/html"]
    refs = [ImageRef(position=n, url=partner.base_url + path) for n, path in enumerate(paths)]
    store(
        database,
        [
            replace(record(1), images=tuple(refs[:5])),
            replace(record(2), images=tuple(replace(r, position=r.position - 5) for r in refs[5:])),
        ],
    )
    with database.write() as session:
        return work.enqueue_process_images(session, "athens").id


def process(
    claim: Claim, database: Database, fetcher: Fetcher, descriptors: str = "colour"
) -> None:
    settings = load_settings({}, descriptors=descriptors)
    pipeline.process_images(claim, database, fetcher, settings, "athens")


def process_anew(database: Database, fetcher: Fetcher, descriptors: str) -> None:
    """Do what the next harvest would have done."""
    with database.write() as session:
        job_id = work.enqueue_process_images(session, "athens").id
    process(take(database, job_id), database, fetcher, descriptors)


def test_every_pending_image_becomes_ready_or_failed(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    job_id = prepare(database, partner)
    process(take(database, job_id), database, fetcher)
    done = job(database, job_id)
    assert done.result == {"pending": 0, "ready": 12, "failed": 2, "gone": 0}
    assert (done.state, done.progress_done, done.progress_total) == ("succeeded", 14, 14)
    rows = everything(database)
    assert sorted(row["sequence"] for row in rows["image_version"]) == list(range(1, 13))
    assert len(rows["tile"]) == 11
    assert len(rows["descriptor"]) == 22  # and parts
    assert sorted(row["reason"] for row in rows["image"] if row["reason"]) == [
        "http_server_error",
        "not_an_image",
    ]


def test_a_picture_that_several_records_show_is_asked_for_once(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    shared = ImageRef(position=0, url=f"{partner.base_url}/bytes/3")
    other = ImageRef(position=1, url=f"{partner.base_url}/bytes/4")
    shown = [replace(record(n), images=(shared, other) if n == 2 else (shared,)) for n in range(4)]
    store(database, shown)
    with database.write() as session:
        job_id = work.enqueue_process_images(session, "athens").id
    process(take(database, job_id), database, fetcher)
    assert fetcher.requests == 2
    done = job(database, job_id)
    assert done.result == {"pending": 0, "ready": 5, "failed": 0, "gone": 0}
    assert done.progress_done == 5


def test_versions_are_numbered_in_the_order_of_the_slots(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    process(take(database, prepare(database, partner)), database, fetcher)
    rows = everything(database)
    slots = {
        row["current_version_id"]: (row["record_id"], row["position"]) for row in rows["image"]
    }
    by_sequence = sorted(rows["image_version"], key=lambda row: int(row["sequence"]))
    in_order = [slots[row["id"]] for row in by_sequence]
    assert in_order == sorted(in_order)


def test_without_pending_images_it_is_done(database: Database, fetcher: Fetcher) -> None:
    store(database, [])
    with database.write() as session:
        job_id = work.enqueue_process_images(session, "athens").id
    process(take(database, job_id), database, fetcher)
    assert job(database, job_id).state == "succeeded"


def test_work_that_is_killed_anywhere_ends_as_if_it_had_not_been(
    database: Database,
    partner: MisbehavingServer,
    fetcher: Fetcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed between fetching and storing of each chunk, twice; then it goes to its end."""
    monkeypatch.setattr(processing, "CHUNK", 4)
    process(take(database, prepare(database, partner)), database, fetcher)
    expected = everything(database)
    real = processing._Work._fetch
    for kill_at in range(5):
        with database.write() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(delete(table))
        job_id = prepare(database, partner)
        for _ in range(2):
            chunks = iter(range(kill_at))

            def killed(*arguments: object, chunks: Iterator[int] = chunks) -> object:
                next(chunks)
                return real(*arguments)  # type: ignore[arg-type]

            monkeypatch.setattr(processing._Work, "_fetch", killed)
            claim = take(database, job_id)
            try:
                process(claim, database, fetcher)
            except StopIteration:
                continue
            break
        else:
            monkeypatch.setattr(processing._Work, "_fetch", real)
            process(take(database, job_id), database, fetcher)
        assert everything(database) == expected


def test_unchanged_bytes_make_no_new_version(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    process(take(database, prepare(database, partner)), database, fetcher)
    before = everything(database)
    # It may say that the pool was touched.
    before.pop("counter")
    with database.write() as session:
        for slot in session.scalars(select(Image).where(Image.state == "ready")):
            slot.state = "pending"
        job_id = work.enqueue_process_images(session, "athens").id
    process(take(database, job_id), database, fetcher)
    after = everything(database)
    after.pop("counter")
    assert after == before


def test_who_lost_the_job_stores_nothing(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    job_id = prepare(database, partner)
    claim = take(database, job_id)
    take(database, job_id)
    with pytest.raises(LeaseLostError):
        process(claim, database, fetcher)
    assert everything(database)["image_version"] == []


def test_images_of_other_sources_are_left_alone(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    store(database, [record(7)], key="kavala")
    process(take(database, prepare(database, partner)), database, fetcher)
    with database.read() as session:
        assert images.count_pending(session, "kavala") == 1
        assert session.scalars(select(Record).where(Record.source_key == "kavala")).one()


def test_vectors_are_those_of_the_pictures_in_half_precision(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    process(take(database, prepare(database, partner)), database, fetcher)
    body = jpeg(3)
    colour = get_descriptor("colour")
    expected = colour.describe([decode(body, max_pixels=10**6).pixels])[0]
    digest = hashlib.sha256(body).hexdigest()
    with database.read() as session:
        stored = descriptors.vectors_of(session, [digest], colour.version)[digest]
    np.testing.assert_allclose(np.frombuffer(stored, "<f2"), expected, atol=1e-3)


def test_a_new_descriptor_describes_what_is_there_and_touches_nothing_else(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    process(take(database, prepare(database, partner)), database, fetcher, "")
    before = everything(database)
    assert before["descriptor"] == []
    process_anew(database, fetcher, "colour")
    after = everything(database)
    assert len(after["descriptor"]) == 22  # and parts
    asked = sum(partner.requests.values())
    process_anew(database, fetcher, "colour")
    assert everything(database) == after
    assert sum(partner.requests.values()) == asked
    assert len(list(Path("data/derivatives").glob("??/*.jpg"))) == 11
    for name in ("image", "image_version", "tile"):
        assert after[name] == before[name]


def test_what_cannot_be_had_again_stays_searchable_without_a_vector(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    process(take(database, prepare(database, partner)), database, fetcher, "")
    partner.bodies["2"] = ("text/html", b"gone")
    partner.bodies["5"] = ("image/jpeg", jpeg(55))
    process_anew(database, fetcher, "colour")
    rows = everything(database)
    assert sum(row["state"] == "ready" for row in rows["image"]) == 12
    assert len(rows["image_version"]) == 13
    described = {row["sha256"] for row in rows["descriptor"]}
    assert hashlib.sha256(jpeg(55)).hexdigest() in described
    assert hashlib.sha256(jpeg(2)).hexdigest() not in described


def test_without_descriptors_or_pictures_no_network_is_loaded(
    database: Database, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describing, "load_descriptor", None)
    store(database, [])
    process_anew(database, fetcher, "efficientnet_lite0")
    store(database, [record(1)])
    with database.write() as session:
        waiting = images.pending(session, "athens", limit=1)
        images.store_results(session, [(image, seen(1)) for image in waiting])
    process_anew(database, fetcher, "")


def test_an_unknown_descriptor_ends_the_job_with_what_to_write(
    database: Database, partner: MisbehavingServer, fetcher: Fetcher
) -> None:
    claim = take(database, prepare(database, partner))
    with pytest.raises(SettingsError, match=r"'taste'; write one of: .*colour"):
        process(claim, database, fetcher, "colour, taste")
