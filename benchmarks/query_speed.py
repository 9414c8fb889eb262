"""`make bench-query-speed`: one query end to end in pools of 10⁴, 10⁵ and 10⁶ pictures.

Tiles are CIFAR-10's 60,000 pictures, augmented up to size; the clone vectors and fingerprints are
made of them by the product's own code. Frozen descriptors of so many pictures would take hours,
and a query's time does not depend on what they show: they are random unit vectors of the right
size. All arrays lie in files and are mapped, as the service has them. Each size runs in a process
of its own, so that its memory is its own. Writes `benchmarks/results/query_speed.json`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.cifar10 import cifar10_test, cifar10_training
from benchmarks.report import RESULTS, machine, write_results
from iiif_dedup.process.fingerprints import FINGERPRINTS, block_mean_bits, phash_bits, turned
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.paper import PaperRecipe
from iiif_dedup.search.pool import Encoded, Pool, Query
from iiif_dedup.search.recipes import Recipe
from iiif_dedup.search.run import search
from iiif_dedup.search.tile_encoder import DIMENSIONS, TileEncoder, starting_encoder
from iiif_dedup.search.views import ViewRanges, random_views
from iiif_dedup.types import Json

FOLDER = Path("build/query_speed")
DESCRIPTORS = {"efficientnet_lite0": 256, "colour": 236, "palette": 108}
VECTORS = 3
"""Of a query: the whole and two parts; any rows cost the same."""
_CHUNK = 10_000
_KIB_IN_GIB = 2**20


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast queries were in one pool.

    Attributes:
        pool: Pictures.
        recipe: Name of the recipe.
        queries: How many were timed, after one that was not.
        median_s: Of them; so `p95_s`.
        memory_gib: Highest resident memory of the process, mapped files included.
        flipped: Decisions at τ that differ from those with float32 vectors; None where the
            recipe has no vectors.
        decisions: How many were compared.
    """

    pool: int
    recipe: str
    queries: int
    median_s: float
    p95_s: float
    memory_gib: float
    flipped: int | None
    decisions: int


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.query_speed", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    encode_per_s = make_arrays(max(options.sizes), options.seed)
    context = multiprocessing.get_context("spawn")
    speeds: list[Speed] = []
    cases = [("collection", size, options.queries) for size in options.sizes]
    cases.insert(1, ("paper", min(options.sizes), 5))
    for name, size, queries in cases:
        with context.Pool(1) as process:
            speeds.append(process.apply(measure, (name, size, queries, options.seed)))
    console = Console()
    console.print(table(speeds))
    results: dict[str, Json] = {
        "benchmark": "query_speed",
        "machine": machine(),
        "threads": os.cpu_count(),
        "seed": options.seed,
        "encode_tiles_per_s": encode_per_s,
        "seconds": {
            str(speed.pool): speed.median_s for speed in speeds if speed.recipe == "collection"
        },
        "cases": [asdict(speed) for speed in speeds],
    }
    console.print(f"Written to {write_results('query_speed', results, RESULTS)}")


def make_arrays(count: int, seed: int) -> float:
    """Write the arrays of `count` pictures where they are not yet; return tiles encoded a second.

    Only the encoder is timed, on a hundred thousand tiles at most.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    encoder = starting_encoder()
    originals = np.concatenate([cifar10_test(), *(cifar10_training(n) for n in range(1, 6))])
    begun = time.perf_counter()
    encoder.encode(originals[:20_000])
    rate = 20_000 / (time.perf_counter() - begun)
    marker = FOLDER / f"{count}-{seed}-{encoder.version}"
    if marker.exists():
        return rate
    rng = np.random.default_rng(seed)
    generator = torch.Generator().manual_seed(seed)
    tiles = _new("tiles", (count, 32, 32, 3), np.uint8)
    full = _new("encoded32", (min(count, 100_000), DIMENSIONS), np.float32)
    half = _new("encoded", (count, DIMENSIONS), np.float16)
    phash, blocks = _new("phash", (count, 8), np.uint8), _new("block_mean", (count, 32), np.uint8)
    descriptors = {
        name: _new(name, (count, size), np.float16) for name, size in DESCRIPTORS.items()
    }
    for start in track(range(0, count, _CHUNK), "Making pictures"):
        part = slice(start, min(start + _CHUNK, count))
        rows = np.arange(part.start, part.stop)
        made = originals[rows % len(originals)]
        if start >= len(originals):
            pictures = torch.from_numpy(np.ascontiguousarray(made.transpose(0, 3, 1, 2)))
            views = random_views(pictures, ViewRanges(), generator)
            made = (views * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        tiles[part] = made
        vectors = encoder.encode(made)
        half[part] = vectors
        if part.stop <= len(full):
            full[part] = vectors
        phash[part], blocks[part] = phash_bits(made), block_mean_bits(made)
        for array in descriptors.values():
            drawn = rng.standard_normal((len(rows), array.shape[1]), dtype=np.float32)
            array[part] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    marker.touch()
    return rate


def measure(recipe_name: str, size: int, queries: int, seed: int) -> Speed:
    """Time queries in a pool of the first `size` pictures."""
    torch.set_num_threads(os.cpu_count() or 1)
    encoder = starting_encoder()
    recipe: Recipe = PaperRecipe() if recipe_name == "paper" else CollectionRecipe(encoder)
    pool = _pool(size, encoder)
    anchors = np.random.default_rng(seed).permutation(min(size, 60_000))[: queries + 1]
    seconds = []
    for anchor in anchors.tolist():
        begun = time.perf_counter()
        exclude = pool.of_record(f"{anchor:09}")
        search(_query(pool, anchor), pool, recipe=recipe, seed=seed, exclude=exclude)
        seconds.append(time.perf_counter() - begun)
    flipped, decisions = None, 0
    if isinstance(recipe, CollectionRecipe):
        flipped, decisions = _flipped(recipe, pool, anchors)
    return Speed(
        pool=size,
        recipe=recipe_name,
        queries=queries,
        median_s=float(np.median(seconds[1:])),
        p95_s=float(np.quantile(seconds[1:], 0.95)),
        memory_gib=_peak_memory_gib(),
        flipped=flipped,
        decisions=decisions,
    )


def _peak_memory_gib() -> float:
    """Return the highest resident memory that this process has had.

    Not `getrusage`, which counts what its parent had when it was started.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / _KIB_IN_GIB


def _query(pool: Pool, place: int) -> Query:
    """Return a picture of the pool as a query, made as the service makes it."""
    tile = np.array(pool.tiles[place])
    positions = turned(tile)
    return Query(
        tile,
        bits={name: make(positions) for name, make in FINGERPRINTS.items()},
        vectors={
            name: rows[place : place + VECTORS].astype(np.float32)
            for name, rows in pool.vectors.items()
        },
    )


def _pool(size: int, encoder: TileEncoder) -> Pool:
    names = np.array([f"{place:09}" for place in range(size)], dtype=np.bytes_)
    return Pool(
        tiles=_mapped("tiles")[:size],
        image_version_ids=names,
        record_ids=names,
        bits={name: _mapped(name)[:size] for name in FINGERPRINTS},
        vectors={name: _mapped(name)[:size] for name in DESCRIPTORS},
        encoded=Encoded(encoder.version, _mapped("encoded")[:size]),
    )


def _flipped(recipe: CollectionRecipe, pool: Pool, anchors: NDArray[np.int64]) -> tuple[int, int]:
    """Count the decisions that stored half precision changes against float32."""
    exact = _mapped("encoded32")
    size = min(len(pool.tiles), len(exact))
    flipped = 0
    for anchor in anchors.tolist():
        scorer = recipe.fit(pool.tiles[anchor], pool, np.arange(1), seed=anchor)
        tau = scorer.mu + scorer.margin
        stored = Encoded(recipe.encoder.version, _mapped("encoded")[:size])
        known = Encoded(recipe.encoder.version, exact[:size])
        tiles = pool.tiles[:size]
        flipped += int(
            np.count_nonzero(
                (scorer.norms(tiles, stored) <= tau) != (scorer.norms(tiles, known) <= tau)
            )
        )
    return flipped, size * len(anchors)


def _new(name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    path = FOLDER / f"{name}.npy"
    rows: NDArray[Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    return rows


def _mapped(name: str) -> NDArray[Any]:
    rows: NDArray[Any] = np.load(FOLDER / f"{name}.npy", mmap_mode="c", allow_pickle=False)
    return rows


def table(speeds: Sequence[Speed]) -> Table:
    """Return the figures, one row per case."""
    result = Table(title=f"A query end to end, {os.cpu_count()} threads")
    for column in ("recipe", "pool", "n", "median s", "p95 s", "memory GiB", "flipped decisions"):
        result.add_column(column, justify="right" if column != "recipe" else "left")
    for speed in speeds:
        result.add_row(
            speed.recipe,
            f"{speed.pool:,}",
            str(speed.queries),
            f"{speed.median_s:.3f}",
            f"{speed.p95_s:.3f}",
            f"{speed.memory_gib:.2f}",
            "" if speed.flipped is None else f"{speed.flipped} of {speed.decisions:,}",
        )
    return result


if __name__ == "__main__":
    main()
