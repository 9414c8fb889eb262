"""The encoders that the clone rule is judged with, trained once for each pool and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from iiif_dedup.evaluation.haystack import Haystack
from iiif_dedup.search.instance_training import TrainingPlan, train_collection_encoder
from iiif_dedup.search.tile_encoder import TileEncoder, starting_encoder

POOL, WITHOUT_PARTNERS, STARTING = "pool", "without_partners", "starting"
ENCODERS = {POOL: "", WITHOUT_PARTNERS: "_without_partners", STARTING: "_starting"}
"""What is trained on the whole pool, on all but the queries' partners, and what comes with the
package; each with the ending of its methods' names."""


def encoders(
    names: Sequence[str],
    haystack: Haystack,
    tiles: NDArray[np.uint8],
    folder: Path,
    *,
    seed: int,
    progress: Progress,
) -> dict[str, TileEncoder]:
    """Return by the ending of their methods' names the encoders asked for.

    Args:
        names: Keys of `ENCODERS`.
        haystack: The pool and its truth; truth only leaves tiles out.
        tiles: Of the pool, P×32×32×3.
        folder: Where trained encoders are kept.
        seed: Of the trainings.
        progress: Shows them.
    """
    found = {}
    for name in names:
        if name == STARTING:
            encoder = starting_encoder("cpu")
        else:
            own = tiles if name == POOL else np.delete(tiles, haystack.partners(), axis=0)
            encoder = _trained(own, folder, seed, _bar(progress, name.replace("_", " ")))
        found[ENCODERS[name]] = encoder
    return found


def _bar(progress: Progress, name: str) -> Callable[[int, int], None]:
    task = progress.add_task(f"Encoder ({name})", total=None)
    return lambda done, steps: progress.update(task, completed=done, total=steps)


def _trained(
    tiles: NDArray[np.uint8], folder: Path, seed: int, progress: Callable[[int, int], None]
) -> TileEncoder:
    plan, start = TrainingPlan(), starting_encoder("cpu")
    digest = hashlib.sha256(f"{start.version} {plan} {seed}".encode())
    digest.update(np.ascontiguousarray(tiles).data)
    path = folder / f"{digest.hexdigest()[:20]}.safetensors"
    if not path.exists():
        encoder = train_collection_encoder(
            tiles, seed=seed, plan=plan, start=start, device="cpu", progress=progress
        )
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoder.to_bytes())
    return TileEncoder.from_bytes(path.read_bytes(), "cpu")
