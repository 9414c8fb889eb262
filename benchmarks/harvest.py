"""`make bench-harvest`: how fast partners are harvested, and what a night without news costs.

Records and pictures come over HTTP from partners on loopback and are stored as the service stores
them (SQLite, one worker's code in a process of its own); descriptors are off, since their cost is
another benchmark's. Two cores do all of it, the partner's work too. Measured are

- an OAI-PMH harvest of `--records` records, with the memory at a tenth of them and at the end,
- the whole way of `--pictures` photographs of about 170 kB: fetch, check, fingerprints, tile,
  derivative,
- a second harvest of an unchanged source of `--unchanged` records in three shapes: OAI-PMH that
  keeps no deletions, IIIF with conditional requests, IIIF from a server that knows no validators.

Writes `benchmarks/results/harvest.json`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.harvest_partners import Partner, iiif_partner, oai_partner
from benchmarks.report import machine, write_results
from harvesters import get_harvester
from iiif_dedup import pipeline
from iiif_dedup.pipeline.harvesting import Known
from iiif_dedup.settings import load_settings
from iiif_dedup.store import images, jobs, sources, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.jobs import Claim
from iiif_dedup.store.migrate import migrate
from iiif_dedup.store.models import Job
from iiif_dedup.types import HarvestEvent, Json, Record
from workers.fetchers import fetcher_for

WORK_DIR = Path("build/bench-harvest")
KEY = "partner"
POLITENESS: Mapping[str, Json] = {"allow_loopback": True, "delay_s": 0, "concurrency": 4}
SMALL = 128
"""Width of pictures that are not to be asked for again, whatever they weigh."""
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Pass:
    """One harvest with the processing of what it announced.

    Attributes:
        counts: Of the harvest.
        ready: Pictures of the source that are ready afterwards.
        harvest_s: Seconds of the harvest alone.
        images_s: Seconds of the processing behind it.
        mib_early: Resident memory when a tenth of the records was read.
        mib: The same at the end of the harvest.
    """

    counts: Mapping[str, int]
    ready: int
    harvest_s: float
    images_s: float
    mib_early: float
    mib: float

    @property
    def seconds(self) -> float:
        """Of both together."""
        return self.harvest_s + self.images_s


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.harvest", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--unchanged", type=int, default=10_000)
    options = parser.parse_args(arguments)
    shutil.rmtree(WORK_DIR, ignore_errors=True)
    console = Console()
    with oai_partner(options.records) as partner:
        oai = harvest(partner, "oai", process_images=False)
    console.print(f"{options.records} OAI records: {oai.harvest_s:.0f} s")
    with iiif_partner(options.pictures, validators=True) as partner:
        pictures = harvest(partner, "pictures")
    console.print(f"{options.pictures} photographs: {pictures.images_s:.0f} s")
    nights = {
        "OAI-PMH, deletedRecord=no": night(
            oai_partner(options.unchanged, deleted_record="no"), "night-oai", images=False
        ),
        "IIIF, conditional requests": night(
            iiif_partner(options.unchanged, validators=True, side=SMALL), "night-iiif", images=True
        ),
        "IIIF, no validators": night(
            iiif_partner(options.unchanged, validators=False, side=SMALL),
            "night-plain",
            images=True,
        ),
    }
    rates = {
        "oai_records_per_s": options.records / oai.harvest_s,
        "images_per_s": options.pictures / pictures.images_s,
        "growth_mib": oai.mib - oai.mib_early,
        "peak_mib": max(oai.mib, pictures.mib),
    }
    console.print(table(rates, nights))
    results: dict[str, Json] = {
        "benchmark": "harvest",
        "machine": machine(),
        "records": options.records,
        "pictures": options.pictures,
        "unchanged_records": options.unchanged,
        **rates,
        "unchanged_run_s": max(one.seconds for one in nights.values()),
        "unchanged_run_downloads": sum(one.downloads for one in nights.values()),
        "nights": {name: asdict(one) for name, one in nights.items()},
    }
    console.print(f"Written to {write_results('harvest', results)}")


@dataclass(frozen=True, slots=True)
class Night:
    """A harvest in which nothing had changed.

    Attributes:
        seconds: With the processing behind it.
        requests: That the partner got.
        not_modified: Of them, how many it answered with 304.
        bytes: That it sent.
        downloads: Pictures that it sent.
        same: Records that were found to be the same.
    """

    seconds: float
    requests: int
    not_modified: int
    bytes: int
    downloads: int
    same: int


def night(serving: object, name: str, *, images: bool) -> Night:
    """Return what the second harvest of a partner costs.

    Args:
        serving: A partner's context.
        name: Of the data folder.
        images: Whether the pictures are processed as well; else they stay announced.
    """
    with serving as partner:  # type: ignore[attr-defined]
        harvest(partner, name, process_images=images)
        partner.asked()
        second = harvest(partner, name, process_images=images)
        asked: Counter[str] = partner.asked()
    told = {"bytes", "not_modified"}
    return Night(
        seconds=second.seconds,
        requests=sum(count for kind, count in asked.items() if kind not in told),
        not_modified=asked["not_modified"],
        bytes=asked["bytes"] or second.counts.get("bytes", 0),
        downloads=asked["picture"],
        same=second.counts["same"],
    )


def harvest(partner: Partner, name: str, *, process_images: bool = True) -> Pass:
    """Harvest a partner into the data folder `name`, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(
            _harvest, (partner.protocol, partner.endpoint, WORK_DIR / name, process_images)
        )


def _harvest(protocol: str, endpoint: str, folder: Path, process_images: bool) -> Pass:
    settings = load_settings({}, data_dir=folder, descriptors="")
    folder.mkdir(parents=True, exist_ok=True)
    with Database(settings.database) as database:
        claim = _claimed_harvest(database, protocol, endpoint)
        sampled = Sampled()
        begun = time.perf_counter()
        with fetcher_for(settings, KEY, endpoint, POLITENESS) as fetcher:
            harvester = get_harvester(protocol)(endpoint, {}, fetcher)

            def events(
                state: Mapping[str, Json] | None,
                *,
                since: Mapping[str, Json] | None = None,
                known: Known = lambda _url: None,
            ) -> Iterator[HarvestEvent]:
                return sampled.watched(harvester.harvest(state, since=since, known=known))

            follow_up = pipeline.harvest(claim, database, events, traffic=fetcher)
            harvested = time.perf_counter()
            mib = _resident_mib()
            if process_images:
                pipeline.process_images(
                    _claim(database, follow_up.id), database, fetcher, settings, KEY
                )
        ended = time.perf_counter()
        with database.read() as session:
            counts = (session.get_one(Job, claim.job_id).result or {})["counts"]
            ready = images.counts(session, KEY)[ImageState.READY]
    return Pass(counts, ready, harvested - begun, ended - harvested, sampled.early(), mib)


class Sampled:
    """Resident memory while records pass by, every thousand of them."""

    def __init__(self) -> None:
        self._mib: list[float] = []

    def watched(self, events: Iterator[HarvestEvent]) -> Iterator[HarvestEvent]:
        """Yield the events, and look at the memory now and then."""
        records = 0
        for event in events:
            yield event
            records += isinstance(event, Record)
            if isinstance(event, Record) and records % 1000 == 0:
                self._mib.append(_resident_mib())

    def early(self) -> float:
        """Return what it was when a tenth of the records had passed, in MiB."""
        return self._mib[len(self._mib) // 10] if self._mib else _resident_mib()


def _claimed_harvest(database: Database, protocol: str, endpoint: str) -> Claim:
    migrate(database)
    with database.write() as session:
        if sources.get(session, KEY) is None:
            sources.create(
                session,
                key=KEY,
                title="Partner",
                protocol=protocol,
                endpoint=endpoint,
                politeness=POLITENESS,
            )
        job_id = work.enqueue_harvest(session, KEY).id
    return _claim(database, job_id)


def _claim(database: Database, job_id: str) -> Claim:
    claim = jobs.claim(database, job_id, owner="benchmark", lease_s=86400, max_attempts=2)
    if claim is None:
        raise RuntimeError(f"expected the job {job_id} to be free; remove {WORK_DIR}")
    return claim


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def table(rates: Mapping[str, float], nights: Mapping[str, Night]) -> Table:
    """Return the figures of the nights, the rates beneath them."""
    caption = ", ".join(f"{name} {value:,.1f}" for name, value in rates.items())
    result = Table(title="A harvest in which nothing had changed", caption=caption)
    for column in ("", "seconds", "requests", "304", "MiB", "pictures sent", "same"):
        result.add_column(column, justify="right" if column else "left")
    for name, one in nights.items():
        cells = (one.requests, one.not_modified, one.bytes / _MIB, one.downloads, one.same)
        result.add_row(name, f"{one.seconds:.1f}", *(f"{cell:,.0f}" for cell in cells))
    return result


if __name__ == "__main__":
    main()
