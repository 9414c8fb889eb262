"""Training the collection's encoder on its own tiles, without any label.

Instance discrimination: two views of one tile are to lie nearer to each other than to the views
of the other tiles of the batch (InfoNCE). Learning on the very collection that is searched is
transductive learning (Net et al., *Transductive Learning for Near-Duplicate Image Detection in
Scanned Photo Collections*, section 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from iiif_dedup.device import resolve_device
from iiif_dedup.errors import EncoderError
from iiif_dedup.search.photo_views import PhotoRanges, photo_views
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork
from iiif_dedup.search.views import ViewRanges, random_views

MIN_TILES = 64
"""Fewest tiles that an encoder is trained on; fewer keep the starting encoder."""
_SELF = -1e4
"""Similarity of a view with itself, which is no answer."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How an encoder is trained.

    Attributes:
        epochs: Passes over the tiles.
        least_steps: Steps that are taken at least, in more passes, since a small collection
            needs as many as a larger one.
        batch: Tiles of one step, each with two views.
        learning_rate: AdamW's at its highest; it rises over a seventh of the steps, then falls.
        weight_decay: AdamW's.
        temperature: Of the similarities, > 0.
        photographs: Part of the second views that are photograph-like; the rest, and all first
            views, are the paper's.
    """

    epochs: int = 12
    least_steps: int = 250
    batch: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    temperature: float = 0.1
    photographs: float = 0.5


REFRESH_PLAN = TrainingPlan(epochs=6, least_steps=60)
"""Enough for an encoder of the same collection that goes on after it has grown."""


def train_collection_encoder(
    tiles: NDArray[np.uint8],
    *,
    seed: int,
    plan: TrainingPlan | None = None,
    start: TileEncoder | None = None,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> TileEncoder:
    """Return an encoder trained on the tiles of a collection.

    The same tiles, plan, start and seed give the same weights on the same machine.

    Args:
        tiles: RGB, N×32×32×3, at least `MIN_TILES`.
        seed: Source of every random number.
        plan: How to train; the defaults of `TrainingPlan` when None.
        start: An encoder to go on from; None begins with random weights.
        device: See `iiif_dedup.device.resolve_device`.
        progress: Is told the steps done and the steps in all after every step; an exception
            that it raises ends the training.

    Raises:
        EncoderError: There are too few tiles.
        SettingsError: The device does not exist.
    """
    if len(tiles) < MIN_TILES:
        raise EncoderError(
            f"An encoder needs at least {MIN_TILES} tiles, there are {len(tiles)}; "
            "harvest more, or search with the starting encoder."
        )
    plan = plan or TrainingPlan()
    target = resolve_device(device)
    generator = torch.Generator().manual_seed(seed)
    network = _network(seed, start).to(target)
    batch = min(plan.batch, len(tiles))
    steps_per_epoch = len(tiles) // batch
    steps = max(plan.epochs * steps_per_epoch, plan.least_steps)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, plan.learning_rate, total_steps=steps, pct_start=0.15
    )
    network.train()
    losses: list[list[float]] = []
    for step in range(steps):
        place = step % steps_per_epoch
        if place == 0:
            order = torch.randperm(len(tiles), generator=generator).numpy()
            losses.append([])
        chosen = np.sort(order[place * batch : (place + 1) * batch])
        views = two_views(tiles[chosen], plan.photographs, generator).to(target)
        loss = instance_loss(network(views), plan.temperature)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        schedule.step()
        losses[-1].append(loss.item())
        if progress is not None:
            progress(step + 1, steps)
    return TileEncoder.of(
        network,
        {
            "seed": seed,
            "tiles": len(tiles),
            "plan": asdict(plan),
            "parent": None if start is None else start.version,
            "loss_by_epoch": [round(float(np.mean(epoch)), 4) for epoch in losses],
        },
        device,
    )


def two_views(tiles: NDArray[np.uint8], photographs: float, generator: torch.Generator) -> Tensor:
    """Return two views of each tile, float32 2N×3×32×32 in [0, 1]: all first ones, all second.

    Args:
        tiles: RGB, N×32×32×3.
        photographs: Part of the second views that are photograph-like.
        generator: A CPU generator.
    """
    pictures = torch.from_numpy(np.ascontiguousarray(tiles.transpose(0, 3, 1, 2)))
    mixed = torch.randperm(len(tiles), generator=generator)
    harder = mixed[: round(photographs * len(tiles))]
    second = random_views(pictures, ViewRanges(), generator)
    if len(harder):
        second[harder] = photo_views(pictures[harder], PhotoRanges(), generator)
    return torch.cat([random_views(pictures, ViewRanges(), generator), second])


def instance_loss(vectors: Tensor, temperature: float) -> Tensor:
    """Return the mean cross-entropy of finding each view's other view among all of the batch.

    Args:
        vectors: Unit vectors, 2N×D: all first views, then all second ones.
        temperature: Of the similarities, > 0.
    """
    half = len(vectors) // 2
    similar = vectors @ vectors.T / temperature
    similar.fill_diagonal_(_SELF)
    partner = torch.arange(2 * half, device=vectors.device).roll(half)
    return cross_entropy(similar, partner)


def _network(seed: int, start: TileEncoder | None) -> TileNetwork:
    # Layers draw their weights from torch's global state, which is left as it was found.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = TileNetwork()
    if start is not None:
        network.load_state_dict(start.network.state_dict())
    return network
