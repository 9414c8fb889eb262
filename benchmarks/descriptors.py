"""`make bench-descriptors`: by which the default descriptor was chosen, and how fast it is.

Prints a table and writes `benchmarks/results/descriptors.json`: for each variant and task, `n`
queries, `first` (the nearest picture shows the object) and `recall_at_50`, with intervals over
objects. None of the sets that judge a search is touched. Features are kept under
`build/descriptors/`.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.descriptor_sets import Development, Task, development
from benchmarks.haystack_data import default_data
from benchmarks.report import machine, write_results
from iiif_dedup.evaluation.metrics import bootstrap_mean
from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.process.descriptors.efficientnet_lite0 import (
    DEVIATION,
    INPUT,
    MEAN,
    generalised_mean,
    load_layers,
    load_projection,
)
from iiif_dedup.process.descriptors.networks import BATCH, NetworkInput, squares
from iiif_dedup.types import Json

PHOTOGRAPHS = default_data() / "imagenet1000"
CACHE = Path("build/descriptors")
LOOKS: Mapping[str, tuple[int, float]] = {
    "whole224": (224, 1.0),
    "padded224": (224, 1.0),
    "whole160": (160, 1.0),
    "middle70": (160, 0.7),
    "middle60": (160, 0.6),
    "flipped160": (160, 1.0),
}
"""Name to side in pixels and the part of each side that is shown."""
TOP = 50
TIMED_PICTURES, TIMED_ROUNDS = 64, 5

Features: TypeAlias = Mapping[str, NDArray[np.float32]]
"""Look to N×2×1280."""
Found: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Json]]]
"""Variant to task to figures."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=Path, default=PHOTOGRAPHS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    data = development(options.photographs, CACHE / "vessels", seed=options.seed)
    features = {name: _features(data, name) for name in LOOKS}
    found = {
        name: {task.name: judge(vectors, data.pool, task) for task in data.tasks}
        for name, vectors in variants(data, features).items()
    }
    speed = throughput()
    _print(found, speed)
    write_results(
        "descriptors",
        {"machine": machine(), "seed": options.seed, "pool": data.pool, **found, "speed": speed},
    )


def variants(data: Development, features: Features) -> dict[str, NDArray[np.float32]]:
    """Return the vectors of every picture by what was tried."""

    def power_mean(name: str) -> NDArray[np.float32]:
        return _unit(features[name][:, 1])

    two = _unit(power_mean("whole160") + power_mean("middle60"))
    projection = load_projection().numpy()
    random, _ = np.linalg.qr(np.random.default_rng(0).normal(size=projection.shape))
    product = get_descriptor("efficientnet_lite0", device="cpu")
    return {
        "whole224, mean": _unit(features["whole224"][:, 0]),
        "padded224, mean": _unit(features["padded224"][:, 0]),
        "whole224": power_mean("whole224"),
        "whole160": power_mean("whole160"),
        "middle60": power_mean("middle60"),
        "whole160 + flipped": _unit(power_mean("whole160") + power_mean("flipped160")),
        "whole160 + middle70": _unit(power_mean("whole160") + power_mean("middle70")),
        "whole160 + middle60": two,
        "whole160 + middle70 + middle60": _unit(2 * two + power_mean("middle70")),
        "whole160 + middle60, 256 random": _unit(two @ random),
        "whole160 + middle60, 128 classifier": _unit(two @ projection[:, :128]),
        "whole160 + middle60, 256 classifier": _unit(two @ projection),
        "colour": get_descriptor("colour").describe(data.pictures),
        "efficientnet_lite0": _kept(
            f"{product.version.replace('/', '-')}-{_digest(data)}",
            lambda: product.describe(data.pictures),
        ),
    }


def judge(vectors: NDArray[np.float32], pool: int, task: Task) -> dict[str, Json]:
    """Return n, first and recall_at_50 of one task, with intervals over objects."""
    similar = vectors[task.queries] @ vectors[:pool].T
    similar[task.excluded] = -np.inf
    order = np.argsort(-similar, axis=1, kind="stable")[:, :TOP]
    hits = np.take_along_axis(task.relevant, order, axis=1)
    recall = hits.sum(axis=1) / np.minimum(TOP, task.relevant.sum(axis=1))
    result: dict[str, Json] = {"n": len(task.queries)}
    for name, values in (("first", hits[:, 0].astype(np.float64)), ("recall_at_50", recall)):
        by_object = [values[task.objects == one].mean() for one in np.unique(task.objects)]
        interval = bootstrap_mean(by_object)
        result[name] = float(values.mean())
        result[f"{name}_interval"] = [interval.low, interval.high]
    return result


def throughput() -> dict[str, Json]:
    """Return how long pictures of 512 pixels take, and the bare network's share of it.

    Both are measured in turns, so that whatever else runs on the machine meets both.
    """
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (384, 512, 3), dtype=np.uint8) for _ in range(TIMED_PICTURES)]
    descriptor = get_descriptor("efficientnet_lite0", device="cpu")
    layers = load_layers()
    ready = torch.rand(BATCH * len(INPUT.views), 3, INPUT.side, INPUT.side)
    ready = ready.contiguous(memory_format=torch.channels_last)
    whole, bare = [], []
    for _ in range(TIMED_ROUNDS + 1):
        start = time.perf_counter()
        descriptor.describe(pictures)
        between = time.perf_counter()
        with torch.inference_mode():
            for _ in range(TIMED_PICTURES // BATCH):
                layers(ready)
        whole.append(between - start)
        bare.append(time.perf_counter() - between)
    ratios = [b / w for w, b in zip(whole[1:], bare[1:], strict=True)]
    return {
        "threads": torch.get_num_threads(),
        "seconds_per_1000": statistics.median(whole[1:]) / TIMED_PICTURES * 1000,
        "share_of_forward_rate": statistics.median(ratios),
    }


def _features(data: Development, look: str) -> NDArray[np.float32]:
    """Return the mean and the generalised mean of the features of every picture, N×2×1280."""

    @torch.inference_mode()
    def compute() -> NDArray[np.float32]:
        layers, rows = load_layers(), []
        for start in track(range(0, len(data.pictures), BATCH), look):
            batch = [_look(picture, look) for picture in data.pictures[start : start + BATCH]]
            pixels = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2)
            places = layers((pixels.float() - MEAN[0]) / DEVIATION[0])
            rows.append(torch.stack([places.mean(dim=(2, 3)), generalised_mean(places)], dim=1))
        return torch.cat(rows).numpy()

    side, share = LOOKS[look]
    return _kept(f"{look}-{side}-{share}-{_digest(data)}", compute)


def _look(picture: NDArray[np.uint8], look: str) -> NDArray[np.uint8]:
    side, share = LOOKS[look]
    if look.startswith("padded"):
        image = Image.fromarray(picture)
        image.thumbnail((side, side), Image.Resampling.BILINEAR)
        page = Image.new("RGB", (side, side), (127, 127, 127))
        page.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        return np.asarray(page)
    (view,) = squares(picture, NetworkInput(side, MEAN, DEVIATION, (share,)))
    return view[:, ::-1] if look.startswith("flipped") else view


def _kept(name: str, compute: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return what was computed under that name before, or compute it."""
    path = CACHE / f"{name}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npy")
        np.save(unfinished, compute())
        unfinished.replace(path)
    kept: NDArray[np.float32] = np.load(path)
    return kept


def _digest(data: Development) -> str:
    """Return a name for these very pictures."""
    sha256 = hashlib.sha256()
    for picture in data.pictures:
        sha256.update(np.ascontiguousarray(picture).data)
    return sha256.hexdigest()[:8]


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)


def _print(found: Found, speed: Mapping[str, Json]) -> None:
    tasks = list(next(iter(found.values())))
    table = Table(title="first / recall@50", caption=f"speed: {dict(speed)}")
    for column in ("variant", *tasks):
        table.add_column(column)
    for name, by_task in found.items():
        cells = [f"{row['first']:.2f} / {row['recall_at_50']:.2f}" for row in by_task.values()]
        table.add_row(name, *cells)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
