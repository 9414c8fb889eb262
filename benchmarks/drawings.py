"""`make bench-drawings`: the clone rule on 1,345 published drawings of pottery.

The same protocol as `benchmarks.collection`, on tiles of whole pages. Some drawings of the set
are the same drawing twice; those are found before anything is scored and by other means (equal
files, or the cut drawings nearly equal pixel by pixel at 96×96), listed with their pictures in
`build/drawings/doubles.html`, and figures are given with and without them. Reads the folder
`pottery` of DATA=. Writes `benchmarks/results/drawings.json`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import Progress, track

from benchmarks.collection import Bench, report, table
from benchmarks.haystack_data import default_data
from iiif_dedup.process.decode import decode
from iiif_dedup.process.fingerprints import grey
from iiif_dedup.process.tiles import content, tile
from iiif_dedup.search.instance_training import TrainingPlan
from iiif_dedup.search.tile_encoder import starting_encoder

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
PAGES = Path("build/drawings/doubles.html")
_SIDE = 96
_SAME = 0.94
"""Least correlation of the cut drawings of a double; set by looking at the pairs above 0.9."""
_MAX_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True)
class Drawing:
    """One picture of the set: its file, tile, and cut larger for comparison."""

    path: Path
    digest: str
    tile: NDArray[np.uint8]
    larger: NDArray[np.uint8]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drawings", description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data(), help="holds pottery/")
    parser.add_argument("--anchors", type=int, default=500)
    parser.add_argument("--views", type=int, default=200, help="judging views per anchor")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    console = Console()
    paths = sorted(p for p in (options.data / "pottery").rglob("*") if p.suffix in SUFFIXES)
    drawings = [read(path) for path in track(paths, "Reading", console=console)]
    pairs = doubles(drawings)
    write_doubles(drawings, pairs, PAGES)
    console.print(f"{len(pairs)} doubles among {len(drawings)} drawings, shown in {PAGES}")
    tiles = np.stack([drawing.tile for drawing in drawings])
    second = {later for _, later in pairs}
    singles = np.array([i for i in range(len(tiles)) if i not in second])
    begin = starting_encoder()
    with Progress(console=console) as progress:

        def bench(pool: NDArray[np.int64]) -> Bench:
            drawn = np.random.default_rng(options.seed).permutation(len(pool))
            return Bench(drawn[: options.anchors], options.views, options.seed, progress)

        everything = np.arange(len(tiles))
        own, train_s = bench(everything).trained(tiles, begin, TrainingPlan())
        settings = [
            bench(chosen).setting(f"{label}: {name}", tiles[chosen], encoder, seconds)
            for label, chosen in (("all", everything), ("without doubles", singles))
            for name, encoder, seconds in (("starting", begin, None), ("collection", own, train_s))
        ]
    console.print(table(settings))
    listed = [[drawings[i].path.name for i in pair] for pair in pairs]
    path = report("drawings", settings, settings[-1], seed=options.seed, more={"doubles": listed})
    console.print(f"Written to {path}; its top level is the trained encoder without doubles.")


def read(path: Path) -> Drawing:
    """Return a drawing with its tile."""
    data = path.read_bytes()
    pixels = decode(data, max_pixels=_MAX_PIXELS).pixels
    digest = hashlib.sha256(data).hexdigest()
    return Drawing(path, digest, tile(pixels), content(pixels, _SIDE))


def doubles(drawings: Sequence[Drawing]) -> list[tuple[int, int]]:
    """Return the pairs of places that hold the same drawing, each place later than its partner."""
    levels = grey(np.stack([drawing.larger for drawing in drawings])).reshape(len(drawings), -1)
    levels -= levels.mean(axis=1, keepdims=True)
    levels /= np.linalg.norm(levels, axis=1, keepdims=True).clip(min=1e-9)
    alike = levels @ levels.T >= _SAME
    digests = np.array([drawing.digest for drawing in drawings])
    alike |= digests[:, np.newaxis] == digests
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(alike, 1))]


def write_doubles(
    drawings: Sequence[Drawing], pairs: Sequence[tuple[int, int]], path: Path
) -> None:
    """Write a page that shows every pair side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(
        "<tr>" + "".join(_cell(drawings[place].path) for place in pair) + "</tr>" for pair in pairs
    )
    path.write_text(
        f"<!doctype html><meta charset=utf-8><title>Doubles</title><table>{rows}</table>",
        encoding="utf-8",
    )


def _cell(path: Path) -> str:
    picture = Image.fromarray(decode(path.read_bytes(), max_pixels=_MAX_PIXELS).pixels)
    picture.thumbnail((240, 240))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    data = base64.b64encode(buffer.getvalue()).decode()
    name = html.escape(path.name)
    return f'<td><img src="data:image/jpeg;base64,{data}" alt="{name}"><br>{name}</td>'


if __name__ == "__main__":
    main()
