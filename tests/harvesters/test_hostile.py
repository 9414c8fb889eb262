"""Every hostile case through every harvester that can meet it, over real sockets on loopback.

What becomes of each stands in docs/explanation/hostile-servers.md, and is read from there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from harvesters.files import FilesHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.types import Checkpoint, Ending, HarvestEvent, Record, RecordFailure
from tests.harvesters.hostile.cases import JSON, TRANSPORT, XML, Case
from tests.harvesters.hostile.document import NOTHING, PICTURES, READ, documented, expected
from tests.harvesters.hostile.doors import DOORS, Door, Opening, doors
from tests.harvesters.partner import Partner, serving
from tests.partners.misbehaving import MisbehavingServer

POLICY = FetchPolicy(
    delay_s=0,
    retries=0,
    concurrency=3,
    max_bytes=200_000,
    max_redirects=3,
    retry_after_cap_s=1,
    allow_loopback=True,
)
HURRIED = replace(POLICY, read_timeout_s=0.25, timeout_s=0.3)
LONGEST_S = 10


@pytest.fixture(scope="module")
def server() -> Iterator[MisbehavingServer]:
    with MisbehavingServer() as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[Partner]:
    with serving() as here:
        yield here


@pytest.fixture
def partner(site: Partner) -> Partner:
    """One server for all cases, without the pages of the last one."""
    site.pages = {}
    return site


def through(door: Door, case: Case, server: MisbehavingServer, partner: Partner) -> str:
    """Return what a harvest makes of a case behind a door."""
    policy = HURRIED if case.slow else POLICY
    with Fetcher(policy, key=SecretStr("kEy-of-a-source")) as fetcher:
        opening = door.opened(partner, fetcher)
        opening.put(case.page(server, opening.good))
        return outcome(opening, ends=door.ends)


def outcome(opening: Opening, *, ends: bool) -> str:
    """Return what a harvest makes of an odd page, having checked the rest of it.

    `ends` tells whether the harvest ends with what is wrong there.
    """
    events: list[HarvestEvent] = []
    begun = time.monotonic()
    stopped = _collect(opening, events)
    assert time.monotonic() - begun < LONGEST_S
    if stopped is not None:
        assert ends or not events or isinstance(events[-1], Checkpoint), "lost in a pause"
        assert len(str(stopped)) < 2000
        return str(stopped.reason)
    assert isinstance(events[-1], Ending)
    failures = [event for event in events if isinstance(event, RecordFailure)]
    records = {event.identifier for event in events if isinstance(event, Record)}
    assert records >= set(opening.others), "good records are not lost"
    assert all(len(failure.detail) < 2000 for failure in failures)
    if failures:
        return str(failures[0].reason)
    return READ if records - set(opening.others) else NOTHING


def _collect(opening: Opening, events: list[HarvestEvent]) -> FetchError | HarvestError | None:
    """Add the events of a harvest, and return the error that it ends with."""
    try:
        events.extend(opening.harvester.harvest())
    except (FetchError, HarvestError) as error:
        return error
    return None


def parameters(cases: tuple[Case, ...], met_by: Iterable[Door]) -> list[tuple[Case, Door]]:
    """Pair cases and doors; a slow case comes through those doors that nothing else is behind."""
    met = list(met_by)
    return [(case, door) for case in cases for door in met if door.first or not case.slow]


def named(value: Case | Door) -> str:
    return value.name


@pytest.mark.parametrize(("case", "door"), parameters(TRANSPORT, DOORS), ids=named)
def test_what_servers_do(
    case: Case, door: Door, server: MisbehavingServer, partner: Partner
) -> None:
    assert through(door, case, server, partner) == expected("What servers do", case.name, door.name)


@pytest.mark.parametrize(("case", "door"), parameters(JSON, doors("json")), ids=named)
def test_what_stands_in_the_place_of_json(
    case: Case, door: Door, server: MisbehavingServer, partner: Partner
) -> None:
    assert through(door, case, server, partner) == expected(
        "In the place of JSON", case.name, door.name
    )


@pytest.mark.parametrize("case", JSON, ids=named)
def test_what_stands_in_the_place_of_a_list_of_files(
    case: Case, server: MisbehavingServer, tmp_path: Path
) -> None:
    listed = tmp_path / "list.json"
    good = json.dumps([{"id": "m", "title": "M", "images": ["m.jpg"]}]).encode()
    listed.write_bytes(case.page(server, good))
    with Fetcher(replace(POLICY, files_root=tmp_path)) as fetcher:
        harvester = FilesHarvester(listed.as_uri(), {}, fetcher)
        found = outcome(Opening(harvester, lambda _page: None, good), ends=True)

    assert found == expected("In the place of JSON", case.name, FilesHarvester.protocol)


@pytest.mark.parametrize(("case", "door"), parameters(XML, doors("xml")), ids=named)
def test_what_stands_in_the_place_of_xml(
    case: Case, door: Door, server: MisbehavingServer, partner: Partner
) -> None:
    assert through(door, case, server, partner) == expected(
        "In the place of XML", case.name, door.name
    )


@pytest.mark.parametrize(
    ("heading", "cases"),
    [
        ("What servers do", TRANSPORT),
        ("In the place of JSON", JSON),
        ("In the place of XML", XML),
    ],
)
def test_the_document_lists_every_case_in_order_and_no_other(
    heading: str, cases: tuple[Case, ...]
) -> None:
    rows = documented(heading)
    names = {
        "",
        PICTURES,
        FilesHarvester.protocol,
        *(door.name for door in DOORS),
        *(door.name.split()[0] for door in DOORS),
    }

    assert list(rows) == [case.name for case in cases]
    assert all(set(row) <= names for row in rows.values())
    assert {reason for row in rows.values() for reason in row.values()} <= {*Reason, READ, NOTHING}
