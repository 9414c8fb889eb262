"""`make bench-harvest-kills`: a long harvest whose worker is killed again and again.

The real service harvests `--records` OAI-PMH records from a partner on loopback while the worker
that does it is killed `--kills` times at seeded moments (SIGKILL: no goodbye). At the end every
record must be there once, counted once, with its picture announced once. Writes
`benchmarks/results/harvest_kills.json`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from sqlalchemy import func, select

from benchmarks.harvest_partners import oai_partner
from benchmarks.report import machine, write_results
from demo.service import running_service
from iiif_dedup.settings import load_settings
from iiif_dedup.store import harvests
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import JobState
from iiif_dedup.store.models import Image, Job, Record
from iiif_dedup.types import Json
from tests.workers.ports import free_port

WORK_DIR = Path("build/bench-harvest-kills")
SETTINGS = {"IIIF_DEDUP_DESCRIPTORS": "", "IIIF_DEDUP_JOB_LEASE_S": "5"}
POLL_S = 0.2
STARTS_WITHIN_S = 60


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark; ends with status 1 where a record is missing or doubled."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.harvest_kills", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    shutil.rmtree(WORK_DIR, ignore_errors=True)
    WORK_DIR.mkdir(parents=True)
    results: dict[str, Json] = {"benchmark": "harvest_kills", "machine": machine()}
    results |= {"seed": options.seed, "records": options.records}
    begun = time.perf_counter()
    with (
        oai_partner(options.records) as partner,
        running_service(WORK_DIR, free_port(), WORK_DIR / "service.log", SETTINGS) as client,
    ):
        client.wait_until_healthy()
        source = {"key": "partner", "title": "Partner", "protocol": partner.protocol}
        politeness = {"allow_loopback": True, "delay_s": 0}
        client.post("/sources", {**source, "endpoint": partner.endpoint, "politeness": politeness})
        job_id = str(client.post("/sources/partner/harvests").json()["id"])
        results["kills"] = kill_again_and_again(
            job_id, options.records, options.kills, random.Random(options.seed)
        )
    results["seconds"] = time.perf_counter() - begun
    results |= outcome(job_id)
    console = Console()
    console.print_json(data=results)
    console.print(f"Written to {write_results('harvest_kills', results)}")
    complete = results["stored"] == results["new"] == results["images"] == options.records
    if not complete or results["state"] != JobState.SUCCEEDED:
        raise SystemExit("Records are missing or doubled; see the figures above.")


def kill_again_and_again(job_id: str, records: int, kills: int, rng: random.Random) -> int:
    """Kill the worker of a job at moments spread over its progress; return how often it was hit.

    Returns when the job has ended, or does not go on within a while.
    """
    moments = sorted(rng.uniform(0.0, 0.98) * records for _ in range(kills))
    hits = 0
    settings = load_settings({}, data_dir=WORK_DIR)
    with Database(settings.database) as database, Progress() as progress:
        bar = progress.add_task("Harvesting", total=records)
        changed, last = time.monotonic(), (0, 0)
        while time.monotonic() - changed < STARTS_WITHIN_S:
            with database.read() as session:
                job = session.get_one(Job, job_id)
            if job.state not in {JobState.QUEUED, JobState.RUNNING}:
                break
            progress.update(bar, completed=job.progress_done)
            if (job.progress_done, job.attempt) != last:
                changed, last = time.monotonic(), (job.progress_done, job.attempt)
            running = job.state == JobState.RUNNING and job.lease_owner is not None
            if running and moments and job.progress_done >= moments[0]:
                # The owner's name is host, process and a random part.
                with suppress(ProcessLookupError):
                    os.kill(int(str(job.lease_owner).split(":")[1]), signal.SIGKILL)
                    hits += 1
                    del moments[0]
                _wait_for_another_attempt(database, job_id, job.attempt)
            time.sleep(POLL_S)
    return hits


def _wait_for_another_attempt(database: Database, job_id: str, attempt: int) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        with database.read() as session:
            job = session.get_one(Job, job_id)
        if job.attempt > attempt and job.state == JobState.RUNNING:
            return
        time.sleep(POLL_S)


def outcome(job_id: str) -> dict[str, Json]:
    """Return what stands in the database: rows, and what the harvest counted."""
    settings = load_settings({}, data_dir=WORK_DIR)
    with Database(settings.database) as database, database.read() as session:
        job = session.get_one(Job, job_id)
        (harvest,) = harvests.list_harvests(session).items
        stored = session.scalar(select(func.count()).select_from(Record))
        different = session.scalar(select(func.count(Record.identifier.distinct())))
        announced = session.scalar(select(func.count()).select_from(Image))
        return {
            "state": job.state,
            "attempts": job.attempt,
            "stored": stored,
            "different_identifiers": different,
            "images": announced,
            "new": harvest.counts["new"],
            "failed": harvest.counts["failed"],
        }


if __name__ == "__main__":
    main()
