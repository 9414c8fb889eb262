"""How long a caller waits for suggestions that nobody asked for before, over HTTP.

A data folder is filled with pictures' rows, the real service is started on it, and records are
asked for with `Prefer: wait`, one after the other: first while nothing else happens, then while
the service harvests a partner that answers as fast as it is asked.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import requests
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.report import machine, write_results
from demo.client import ServiceClient
from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord
from demo.partner_server import PartnerServer
from demo.service import running_service
from iiif_dedup.pipeline import load_descriptors
from iiif_dedup.process.fingerprints import phash
from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store import descriptors, harvests, images, sources, work
from iiif_dedup.store.database import Database
from iiif_dedup.store.descriptors import Vector
from iiif_dedup.store.ids import record_id
from iiif_dedup.store.images import SeenImage
from iiif_dedup.store.migrate import migrate
from iiif_dedup.types import Ending, ImageRef, Json, Record
from tests.workers.ports import free_port

SOURCE = "filled"
BATCH = 500
WAIT_S = 30
PARTNERS_RECORDS = 2000
"""More than are harvested while the benchmark asks."""
HOSTED_PICTURES = 24


def main() -> None:
    """Measure, print a table and write `results/http.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=100, help="Of each of the two settings.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work-dir", type=Path, default=Path("build/http_latency"))
    options = parser.parse_args()
    console = Console()
    shutil.rmtree(options.work_dir, ignore_errors=True)
    settings = load_settings({}, data_dir=options.work_dir)
    records = fill(settings, options.images, options.seed)
    asked = np.random.default_rng(options.seed).permutation(records)
    results: dict[str, Json] = {"machine": machine(), "seed": options.seed}
    results |= {"images": options.images, "queries": options.queries}
    log = options.work_dir / "service.log"
    with running_service(options.work_dir, free_port(), log, settings={}) as client:
        client.wait_until_healthy()
        _wait_until_warm(client, str(asked[-1]))
        quiet = _ask(client, [str(one) for one in asked[: options.queries]])
        with _harvest_under_way(client, options.seed):
            busy = _ask(client, [str(one) for one in asked[options.queries :][: options.queries]])
            harvested = _processed(client)
    results |= {"quiet": _summary(quiet), "harvesting": _summary(busy), "harvested": harvested}
    table = Table("", "p50 s", "p95 s", "longest s", box=None)
    for name, seconds in (("quiet", quiet), ("harvesting", busy)):
        figures = (np.median(seconds), np.percentile(seconds, 95), max(seconds))
        table.add_row(name, *(f"{value:.3f}" for value in figures))
    console.print(table)
    path = write_results("http", results)
    console.print(f"{harvested} pictures were harvested meanwhile; written to {path}.")


def fill(settings: Settings, count: int, seed: int) -> list[str]:
    """Store `count` records with one processed picture each, and return their ids.

    Tiles are coloured blots with noise, vectors of descriptors random: a search takes the same
    time whatever they show.
    """
    rng = np.random.default_rng(seed)
    made_by = load_descriptors(settings)
    with Database(settings.database) as database:
        migrate(database)
        with database.write() as session:
            sources.create(
                session,
                key=SOURCE,
                title="Filled",
                protocol="iiif_collection",
                endpoint="https://example.org/collection.json",
            )
            job = work.enqueue_harvest(session, SOURCE)
            harvest = harvests.start(session, SOURCE, job.id)
        starts = range(0, count, BATCH)
        for start in track(starts, description="Filling the database"):
            batch = range(start, min(start + BATCH, count))
            tiles = blots(len(batch), rng)
            with database.write() as session:
                found = [_record(number) for number in batch]
                harvests.store_batch(session, harvest.id, found, None)
                waiting = images.pending(session, SOURCE, limit=BATCH)
                seen = [_seen(tile) for tile in tiles]
                images.store_results(session, list(zip(waiting, seen, strict=True)))
                for descriptor in made_by:
                    vectors = _unit_vectors(len(batch), descriptor.dimensions, rng)
                    descriptors.add(
                        session,
                        [
                            Vector(one.sha256, descriptor.version, vector.tobytes())
                            for one, vector in zip(seen, vectors, strict=True)
                        ],
                    )
        with database.write() as session:
            harvests.finish(session, harvest.id, Ending(whole=True))
            session.delete(job)
    return [record_id(SOURCE, _record(number).identifier) for number in range(count)]


def blots(count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return tiles of soft coloured blots with a little noise, N×32×32×3."""
    coarse = rng.integers(0, 256, (count, 5, 5, 3)).astype(np.float32)
    places = np.linspace(0, 4, 32)
    weights = np.maximum(0, 1 - np.abs(places[:, np.newaxis] - np.arange(5))).astype(np.float32)
    soft = np.einsum("yi,nijc,xj->nyxc", weights, coarse, weights, optimize=True)
    noise = rng.normal(0, 6, soft.shape)
    return np.asarray((soft + noise).clip(0, 255), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Photograph:
    """One of a few JPEGs, made another file by what stands behind its end."""

    number: int
    body: bytes
    width: int = 1024
    height: int = 768
    media_type: str = "image/jpeg"
    cache_name: str | None = None

    def read(self) -> bytes:
        """Return the file."""
        return self.body + f"#{self.number}".encode()


@contextmanager
def _harvest_under_way(client: ServiceClient, seed: int) -> Iterator[None]:
    """Let the service harvest a partner on this machine within this block."""
    with PartnerServer(_partner(seed)) as server:
        (_, title, url) = server.collections[0]
        politeness = {"allow_loopback": True, "delay_s": 0, "concurrency": 2}
        source = {"key": "partner", "title": title, "protocol": "iiif_collection"}
        client.post("/sources", {**source, "endpoint": url, "politeness": politeness})
        client.post("/sources/partner/harvests")
        while not _processed(client):
            time.sleep(0.2)
        yield


def _processed(client: ServiceClient) -> int:
    """Return how many pictures of the partner were processed so far."""
    jobs = client.get("/jobs", kind="process_images")["items"]
    return sum(int(job["progress"]["done"]) for job in jobs)


def _partner(seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    bodies = [_jpeg(tile) for tile in blots(HOSTED_PICTURES, rng)]
    records = tuple(
        DemoRecord(
            f"r{number}",
            {"en": (f"Record {number}",)},
            (),
            (DemoImage(f"i{number}", "View", Photograph(number, bodies[number % len(bodies)])),),
        )
        for number in range(PARTNERS_RECORDS)
    )
    collection = DemoCollection(
        "partner",
        {"en": ("Partner",)},
        "Partner",
        "http://creativecommons.org/publicdomain/mark/1.0/",
        "Partner.",
        records,
    )
    return Dataset((collection,), (), ())


def _jpeg(tile: NDArray[np.uint8]) -> bytes:
    body = io.BytesIO()
    large = Image.fromarray(tile).resize((1024, 768), Image.Resampling.BICUBIC)
    large.save(body, "JPEG", quality=85)
    return body.getvalue()


def _wait_until_warm(client: ServiceClient, record: str) -> None:
    """Return when a first search has been answered: the workers make packs while they start."""
    job = client.ask_for_clones(record)
    if job is not None:
        client.watch([job], lambda _done, _total: None)


def _ask(client: ServiceClient, record_ids: Sequence[str]) -> list[float]:
    """Return the seconds that each record's suggestions took.

    Raises:
        RuntimeError: An answer was no result.
    """
    seconds = []
    with requests.Session() as session:
        session.trust_env = False
        for record in track(record_ids, description="Asking"):
            start = time.perf_counter()
            answer = session.get(
                f"{client.base_url}/records/{record}/clones",
                headers={"Prefer": f"wait={WAIT_S}"},
                timeout=2 * WAIT_S,
            )
            seconds.append(time.perf_counter() - start)
            if answer.status_code != 200 or answer.json()["status"] != "searched":
                raise RuntimeError(f"expected a result, got {answer.status_code}: {answer.text}")
    return seconds


def _summary(seconds: Sequence[float]) -> dict[str, Json]:
    return {
        "n": len(seconds),
        "p50_s": float(np.median(seconds)),
        "p95_s": float(np.percentile(seconds, 95)),
        "longest_s": max(seconds),
    }


def _record(number: int) -> Record:
    url = f"https://example.org/{number}"
    picture = ImageRef(position=0, url=f"{url}/full/max/0/default.jpg", width=800, height=600)
    facets = ({"label": {"en": ["Date"]}, "value": {"none": [f"{number} BC"]}},)
    return Record(url, {"en": (f"Record {number}",)}, (picture,), facets=facets)


def _seen(tile: NDArray[np.uint8]) -> SeenImage:
    return SeenImage(
        sha256=hashlib.sha256(tile.tobytes()).hexdigest(),
        request_url="https://example.org/picture.jpg",
        byte_size=100_000,
        width=800,
        height=600,
        preprocessing=PREPROCESSING,
        pixels=tile.tobytes(),
        phash=phash(tile),
        blank=False,
    )


def _unit_vectors(count: int, dimensions: int, rng: np.random.Generator) -> NDArray[np.float16]:
    drawn = rng.normal(size=(count, dimensions))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype="<f2")


if __name__ == "__main__":
    main()
