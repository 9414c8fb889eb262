"""Step 1: store what a harvester yields, from checkpoint to checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import Protocol, TypeAlias

from iiif_dedup.errors import FetchError, HarvestError, JobCancelledError
from iiif_dedup.pipeline.moving import MovedRecords
from iiif_dedup.pipeline.rereading import Reread, Rereading
from iiif_dedup.store import harvests, known_documents, same_records
from iiif_dedup.store.database import Database
from iiif_dedup.store.harvests import HarvestKind
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Harvest, Job
from iiif_dedup.store.work import enqueue_process_images
from iiif_dedup.types import Checkpoint, Ending, HarvestEvent, Json, KnownDocument, Validators

Known: TypeAlias = Callable[[str], KnownDocument | None]


class MakeEvents(Protocol):
    """A harvester's `harvest`; see `harvesters.base`."""

    def __call__(
        self,
        state: Mapping[str, Json] | None,
        *,
        since: Mapping[str, Json] | None = ...,
        known: Known = ...,
    ) -> Iterator[HarvestEvent]:
        """Yield what there is behind `state`."""
        ...


class Traffic(Protocol):
    """What was asked of partners so far; a `Fetcher` is one."""

    @property
    def requests(self) -> int:
        """Requests made."""
        ...

    @property
    def bytes(self) -> int:
        """Bytes received."""
        ...


def harvest(
    claim: Claim,
    database: Database,
    make_events: MakeEvents,
    *,
    reread: Reread | None = None,
    traffic: Traffic | None = None,
) -> Job:
    """Do the harvest of the claimed job, from where it was left, and end the job.

    An incremental harvest begins with what failed for a while since the last one that came to
    its end, where the harvester can read single records. The job also ends well when the harvest
    waits for an operator, since it would delete much. A harvester that yields no `Ending` has not
    named everything, so that nothing is taken for deleted.

    Args:
        claim: Of a job of kind `harvest`.
        database: Where the claim is.
        make_events: Yields what the source holds.
        reread: Reads one record; see `harvesters.base.RereadsRecords`.
        traffic: Counts what is asked of the partner.

    Returns:
        The job that processes the source's images, to be woken.

    Raises:
        FetchError: The collection cannot be fetched; so with `HarvestError`. What came before is
            stored, and the next attempt goes on behind it.
        LeaseLostError: Another attempt has the job.
        JobCancelledError: Somebody asked the job to stop.
    """
    kind = _kind_asked(claim, can_reread=reread is not None)
    source_key = str(claim.arguments["source"])
    with claim.write() as session:
        begun = harvests.start(session, source_key, claim.job_id, kind=kind, clock=claim.clock)
    pass_ = _Pass(claim, database, begun, traffic, rereads=reread is not None)
    try:
        # The generator may have requests under way, which end when it is closed.
        with closing(_events(claim, database, begun, make_events, reread)) as events:
            pass_.store_all(events)
        return pass_.end()
    except (FetchError, HarvestError, JobCancelledError) as error:
        # A cancelled job takes no more writes of its claim, but nobody else has it either.
        with database.write() as session:
            harvests.fail(session, begun.id, str(error), clock=claim.clock)
        raise


def _kind_asked(claim: Claim, *, can_reread: bool) -> HarvestKind | None:
    arguments = claim.arguments
    if arguments.get("moved"):
        return HarvestKind.MOVE
    if arguments.get("only") is not None and can_reread:
        return HarvestKind.RETRY
    return HarvestKind.WHOLE if arguments.get("anew") else None


def _events(
    claim: Claim,
    database: Database,
    begun: Harvest,
    make_events: MakeEvents,
    reread: Reread | None,
) -> Generator[HarvestEvent, None, None]:
    """Yield what this harvest is about: what is read again first, then what the source holds."""
    state = None if begun.checkpoint is None else begun.checkpoint.get("state")
    if reread is not None and begun.kind in {HarvestKind.RETRY, HarvestKind.INCREMENTAL}:
        rereading = Rereading(database, begun, claim.arguments.get("only"), reread)
        if rereading.is_due(state):
            yield from rereading.events(state)
            state = None
    if begun.kind == HarvestKind.RETRY:
        yield Ending(whole=False)
        return
    anew = bool(claim.arguments.get("anew"))

    def known(url: str) -> KnownDocument | None:
        with database.read() as session:
            return known_documents.find(session, begun.source_key, url)

    known_here: Known = _without_validators(known) if anew else known
    yield from make_events(state, since=begun.since, known=known_here)


def _without_validators(known: Known) -> Known:
    def find(url: str) -> KnownDocument | None:
        found = known(url)
        return None if found is None else KnownDocument(found.identifier, Validators())

    return find


class _Pass:
    """One attempt at a harvest, batch by batch."""

    def __init__(
        self,
        claim: Claim,
        database: Database,
        begun: Harvest,
        traffic: Traffic | None,
        *,
        rereads: bool,
    ) -> None:
        self._claim = claim
        self._database = database
        self._harvest = begun
        self._traffic = traffic
        self._rereads = rereads
        self._counted = (0, 0)
        self._batch: list[HarvestEvent] = []
        self._ending = Ending(whole=False)
        moved = begun.kind == HarvestKind.MOVE
        self._moved = MovedRecords.load(database, begun) if moved else None

    def store_all(self, events: Iterator[HarvestEvent]) -> None:
        """Store what comes up to the last checkpoint, and keep what came behind it."""
        for event in events:
            if isinstance(event, Checkpoint):
                self._store(event)
            elif isinstance(event, Ending):
                self._ending = event
            else:
                self._batch.append(event)

    def end(self) -> Job:
        """Store what is left, and end harvest and job."""
        claim, harvest_id = self._claim, self._harvest.id
        counts = self._store(None).counts
        source_key = self._harvest.source_key
        pairs = None
        if any(counts[name] for name in ("new", "changed", "renamed")):
            with self._database.read() as session:
                pairs = same_records.find(session, source_key)
        with claim.write() as session:
            if pairs is not None:
                same_records.store(session, source_key, pairs, clock=claim.clock)
            done = harvests.finish(
                session, harvest_id, self._ending, rereads=self._rereads, clock=claim.clock
            )
            follow_up = enqueue_process_images(session, source_key, clock=claim.clock)
            claim.succeed(
                session, {"harvest": harvest_id, "state": done.state, "counts": done.counts}
            )
        return follow_up

    def _store(self, checkpoint: Checkpoint | None) -> Harvest:
        if self._moved is not None:
            self._batch = self._moved.with_renamings(self._batch)
        requests, received = self._traffic_since()
        with self._claim.write() as session:
            stored = harvests.store_batch(
                session,
                self._harvest.id,
                self._batch,
                checkpoint,
                requests=requests,
                received=received,
                clock=self._claim.clock,
            )
            if checkpoint is not None:
                text = "Reading records"
                self._claim.progress(session, checkpoint.done, checkpoint.total, text)
        self._batch = []
        return stored

    def _traffic_since(self) -> tuple[int, int]:
        """Return requests and bytes since the last call."""
        if self._traffic is None:
            return 0, 0
        now, before = (self._traffic.requests, self._traffic.bytes), self._counted
        self._counted = now
        return now[0] - before[0], now[1] - before[1]
