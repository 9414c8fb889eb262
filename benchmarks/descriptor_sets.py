"""What descriptors are chosen by: photographs taken again, and drawn vessels seen twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.rephotographs import KINDS, rephotograph
from demo.collections import vessel_dataset
from demo.dataset import record_path
from demo.image_store import ImageStore
from iiif_dedup.process.decode import decode
from iiif_dedup.process.reduced import reduced

ORIGINALS = 1000
REPHOTOGRAPHED = 120
"""Originals that are taken again, each in every way of `KINDS`."""
VESSELS_SEED = 90001
"""Drawn for this alone: no demo and no judge uses these vessels."""
_MAX_PIXELS = 10**8


@dataclass(frozen=True, slots=True)
class Task:
    """Queries with what they are to find.

    Attributes:
        name: Kind of re-photograph, or "vessels".
        queries: Places among the pictures.
        objects: For each query, the object it shows; for intervals.
        relevant: Queries × pool; the same object elsewhere.
        excluded: Queries × pool; the query itself and its record.
    """

    name: str
    queries: NDArray[np.int64]
    objects: NDArray[np.int64]
    relevant: NDArray[np.bool_]
    excluded: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Development:
    """All pictures: first the pool (originals and vessels), then the re-photographs."""

    pictures: list[NDArray[np.uint8]]
    pool: int
    tasks: list[Task]


def development(photographs: Path, cache: Path, *, seed: int) -> Development:
    """Return the development set.

    Args:
        photographs: Folder with at least `ORIGINALS` photographs of different things.
        cache: Folder for drawn pictures.
        seed: Chooses what is taken again, and how.
    """
    paths = sorted(path for path in photographs.rglob("*") if path.suffix.lower() in {".jpg"})
    if len(paths) < ORIGINALS:
        raise SystemExit(
            f"{photographs} holds {len(paths)} .jpg files; name a folder with {ORIGINALS}."
        )
    originals = [
        reduced(decode(path.read_bytes(), max_pixels=_MAX_PIXELS).pixels)
        for path in paths[:ORIGINALS]
    ]
    vessels, records, partners = _vessels(cache)
    pool = len(originals) + len(vessels)
    chosen = np.random.default_rng(seed).permutation(ORIGINALS)[:REPHOTOGRAPHED]
    again: list[NDArray[np.uint8]] = []
    tasks = [_vessel_task(records, partners, pool)]
    for number, kind in enumerate(KINDS):
        start = pool + len(again)
        again += [
            rephotograph(
                originals[place],
                originals[(place + ORIGINALS // 2) % ORIGINALS],
                kind,
                np.random.default_rng([seed, place, number]),
            )
            for place in chosen.tolist()
        ]
        relevant = np.arange(pool) == chosen[:, None]
        queries = np.arange(start, start + len(chosen))
        tasks.append(Task(kind, queries, chosen, relevant, np.zeros_like(relevant)))
    return Development([*originals, *vessels, *again], pool, tasks)


def _vessels(cache: Path) -> tuple[list[NDArray[np.uint8]], list[str], dict[str, str]]:
    """Return pictures, the record of each, and each record's partner that shows the same vessel."""
    dataset = vessel_dataset(VESSELS_SEED)
    images = [
        (record_path(collection.key, record.key), image.source)
        for collection in dataset.collections
        for record in collection.records
        for image in record.images
    ]
    store = ImageStore(cache)
    store.prepare(source for _, source in images)
    pictures = [
        reduced(decode(store.read(source), max_pixels=_MAX_PIXELS).pixels) for _, source in images
    ]
    partners = dict(dataset.pairs) | {other: one for one, other in dataset.pairs}
    return pictures, [path for path, _ in images], partners


def _vessel_task(records: list[str], partners: dict[str, str], pool: int) -> Task:
    """Return the task whose queries are the first photographs of vessels that two places hold."""
    of_pool = np.array([""] * (pool - len(records)) + records)
    offset = pool - len(records)
    queries = [
        offset + place
        for place, path in enumerate(records)
        if path in partners and path not in records[:place]
    ]
    names = [str(of_pool[query]) for query in queries]
    pairs = [min(name, partners[name]) for name in names]
    _, objects = np.unique(pairs, return_inverse=True)
    relevant = of_pool == np.array([partners[name] for name in names])[:, None]
    excluded = of_pool == np.array(names)[:, None]
    return Task("vessels", np.array(queries), objects, relevant, excluded)
