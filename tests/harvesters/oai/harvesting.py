"""What tests of the OAI-PMH harvester share."""

from collections.abc import Mapping

from harvesters.oai_pmh import OaiPmhHarvester
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.types import (
    Checkpoint,
    Deletion,
    Ending,
    HarvestEvent,
    Json,
    Record,
    RecordFailure,
)
from tests.partners.oai_server import OaiServer

POLICY = FetchPolicy(delay_s=0, retries=0, concurrency=3, allow_loopback=True)


def harvest(
    partner: OaiServer,
    options: Mapping[str, Json] | None = None,
    *,
    state: Mapping[str, Json] | None = None,
    since: Mapping[str, Json] | None = None,
    policy: FetchPolicy = POLICY,
) -> list[HarvestEvent]:
    """Return all events of one harvest."""
    with Fetcher(policy) as fetcher:
        harvester = OaiPmhHarvester(partner.endpoint, options or {}, fetcher)
        return list(harvester.harvest(state, since=since))


def identifiers(events: list[HarvestEvent]) -> list[str]:
    """Return the identifiers of the records, without what goes before the last colon."""
    return [event.identifier.rpartition(":")[2] for event in events if isinstance(event, Record)]


def numbers(events: list[HarvestEvent]) -> list[int]:
    """Return the different numbers of the records, sorted."""
    return sorted({int(name) for name in identifiers(events)})


def failures(events: list[HarvestEvent]) -> list[RecordFailure]:
    return [event for event in events if isinstance(event, RecordFailure)]


def deletions(events: list[HarvestEvent]) -> list[str]:
    return [event.identifier.rpartition(":")[2] for event in events if isinstance(event, Deletion)]


def checkpoints(events: list[HarvestEvent]) -> list[Checkpoint]:
    return [event for event in events if isinstance(event, Checkpoint)]


def ending(events: list[HarvestEvent]) -> Ending:
    last = events[-1]
    assert isinstance(last, Ending)
    return last
