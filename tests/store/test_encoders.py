from __future__ import annotations

import threading

import pytest

from iiif_dedup.errors import StoreError
from iiif_dedup.store import encoders
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Encoder, SearchRun
from tests.store.examples import FakeClock
from tests.store.test_runs import keep, prepare


def build(database: Database, version: str, *, job_id: str = "job", images: int = 10) -> None:
    with database.write() as session:
        encoders.store_built(
            session,
            version,
            f"weights of {version}".encode(),
            preprocessing="tiles",
            description={"seed": 1},
            images=images,
            covered_sequence=images,
            job_id=job_id,
        )


def activate(database: Database, version: str, clock: FakeClock | None = None) -> None:
    with database.write() as session:
        encoders.activate(session, version, {"table": version}, clock=clock or FakeClock())


def states(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {row.id: row.state for row in encoders.list_encoders(session).items}


def has_weights(database: Database, version: str) -> bool:
    with database.read() as session:
        return session.get_one(Encoder, version).weights is not None


def test_an_encoder_is_built_then_active_then_retired(database: Database) -> None:
    with database.read() as session:
        assert encoders.active(session, "tiles") is None
    build(database, "one")
    with database.read() as session:
        assert encoders.active(session, "tiles") is None
        built = encoders.built_by(session, "job")
        assert built is not None
        assert (built.id, built.weights, built.images) == ("one", b"weights of one", 10)
        assert encoders.built_by(session, "other") is None
    activate(database, "one")
    with database.read() as session:
        active = encoders.active(session, "tiles")
        assert active is not None
        assert (active.id, active.calibration) == ("one", {"table": "one"})
        assert encoders.active(session, "other tiles") is None
        assert encoders.weights(session, "one") == b"weights of one"
        assert encoders.calibration(session, "one") == {"table": "one"}
        assert encoders.calibration(session, "starting") is None
    build(database, "two")
    activate(database, "two")
    assert states(database) == {"one": "retired", "two": "active"}


def test_what_was_built_and_given_up_goes(database: Database) -> None:
    build(database, "one", job_id="a")
    build(database, "two", job_id="b")
    assert states(database) == {"two": "building"}
    with pytest.raises(StoreError, match="no encoder 'one'"):
        activate(database, "one")
    activate(database, "two")
    build(database, "two", job_id="c")
    assert states(database) == {"two": "active"}


def test_a_retired_encoder_may_be_trained_again(database: Database) -> None:
    for version in ("one", "two", "one"):
        build(database, version)
        activate(database, version)
    assert states(database) == {"one": "active", "two": "retired"}


def test_the_newest_two_and_those_that_a_run_cites_keep_their_weights(database: Database) -> None:
    anchor, result = prepare(database)
    clock = FakeClock()
    run_id = keep(database, anchor, result, clock)
    with database.write() as session:
        session.get_one(SearchRun, run_id).encoder_version = "one"
    for version in ("one", "two", "three", "four"):
        clock.advance(1)
        build(database, version)
        activate(database, version, clock)
    found = {version: has_weights(database, version) for version in states(database)}
    assert found == {"one": True, "two": False, "three": True, "four": True}
    with database.read() as session, pytest.raises(StoreError, match="no weights"):
        encoders.weights(session, "two")


def test_of_two_that_are_activated_at_once_one_is_active(database: Database) -> None:
    build(database, "first")
    activate(database, "first")
    build(database, "one")
    with database.write() as session:
        # Two jobs at once, as no dedupe key allows: both are being built.
        session.add(
            Encoder(
                id="two", state="building", weights=b"w", preprocessing="tiles", description={},
                images=1, covered_sequence=1, created_at=FakeClock().now,
            )
        )  # fmt: skip
    threads = [threading.Thread(target=activate, args=(database, name)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = states(database)
    assert sorted(found.values()) == ["active", "retired", "retired"]
    assert found["first"] == "retired"
