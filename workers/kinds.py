"""The kinds of jobs: what each handler joins, and how long it may take.

Handlers hold no logic of their own. A new kind is one function here, one line in `KINDS`, and
one function in `iiif_dedup.store.work` that enqueues it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harvesters import get_harvester
from iiif_dedup import pipeline
from iiif_dedup.fetch import Fetcher
from iiif_dedup.settings import Settings
from iiif_dedup.store import sources, work
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.models import Job, Source
from workers.fetchers import fetcher_for
from workers.workplace import Workplace

Handler = Callable[[Workplace, Claim], Sequence[Job]]
"""Does the work of a claimed job and ends it with `Claim.succeed`; returns the jobs to wake."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    Attributes:
        handler: Does the work.
        timeout_s: Returns the most seconds for one attempt.
    """

    handler: Handler
    timeout_s: Callable[[Settings], float]


def _harvest(place: Workplace, claim: Claim) -> Sequence[Job]:
    source = _source(claim)
    make = get_harvester(source.protocol)
    with _fetcher(place, source) as fetcher:
        harvester = make(source.endpoint, source.options, fetcher)
        reread = getattr(harvester, "fetch_one", None)
        follow_up = pipeline.harvest(
            claim, place.database, harvester.harvest, reread=reread, traffic=fetcher
        )
    return [follow_up]


def _process_images(place: Workplace, claim: Claim) -> Sequence[Job]:
    source = _source(claim)
    with _fetcher(place, source) as fetcher:
        follow_ups = pipeline.process_images(
            claim, place.database, fetcher, place.settings, source.key
        )
    # Searches on this machine then find their packs ready.
    with place.database.read() as session:
        place.packs.pool(session, place.encoder.get(session))
    return follow_ups


def _train_encoder(place: Workplace, claim: Claim) -> Sequence[Job]:
    pipeline.train_encoder(claim, place.database, place.packs, place.encoder, place.settings)
    return ()


def _search(place: Workplace, claim: Claim) -> Sequence[Job]:
    pipeline.search_record(
        claim,
        place.database,
        place.packs,
        place.encoder,
        place.settings,
        record_id=claim.arguments["record"],
        position=claim.arguments["image"],
        recipe=claim.arguments["recipe"],
    )
    return ()


def _source(claim: Claim) -> Source:
    with claim.database.read() as session:
        return sources.get_one(session, claim.arguments["source"])


def _fetcher(place: Workplace, source: Source) -> Fetcher:
    return fetcher_for(place.settings, source.key, source.endpoint, source.politeness)


KINDS: dict[str, Kind] = {
    work.Kind.HARVEST: Kind(_harvest, lambda settings: settings.job_timeout_s),
    work.Kind.PROCESS_IMAGES: Kind(_process_images, lambda settings: settings.job_timeout_s),
    work.Kind.TRAIN_ENCODER: Kind(_train_encoder, lambda settings: settings.job_timeout_s),
    work.Kind.SEARCH: Kind(_search, lambda settings: settings.search_timeout_s),
}
