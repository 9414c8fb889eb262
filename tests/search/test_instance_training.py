from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from iiif_dedup.errors import EncoderError
from iiif_dedup.search.instance_training import (
    TrainingPlan,
    instance_loss,
    train_collection_encoder,
    two_views,
)

PLAN = TrainingPlan(epochs=2, least_steps=1, batch=32)


@pytest.fixture(scope="module")
def tiles() -> NDArray[np.uint8]:
    coarse = np.random.default_rng(1).integers(0, 256, (100, 4, 4, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def test_the_same_seed_trains_the_same_encoder_and_leaves_torch_s_state(
    tiles: NDArray[np.uint8],
) -> None:
    state = torch.get_rng_state()
    one, same = (train_collection_encoder(tiles, seed=5, plan=PLAN) for _ in range(2))
    other = train_collection_encoder(tiles, seed=6, plan=PLAN)
    assert np.abs(one.encode(tiles) - same.encode(tiles)).max() < 1e-4
    assert one.version != other.version
    assert torch.equal(torch.get_rng_state(), state)


def test_training_lowers_the_loss_and_tells_its_steps(tiles: NDArray[np.uint8]) -> None:
    told: list[tuple[int, int]] = []
    plan = TrainingPlan(epochs=6, least_steps=1, batch=50)
    encoder = train_collection_encoder(
        tiles, seed=1, plan=plan, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(step, 12) for step in range(1, 13)]
    losses = encoder.description["loss_by_epoch"]
    assert isinstance(losses, list)
    assert losses[-1] < losses[0] * 0.8
    assert encoder.description["tiles"] == 100


def test_training_goes_on_from_an_encoder(tiles: NDArray[np.uint8]) -> None:
    start = train_collection_encoder(tiles, seed=1, plan=PLAN)
    before = start.encode(tiles)
    further = train_collection_encoder(tiles, seed=2, plan=PLAN, start=start)
    assert further.description["parent"] == start.version
    assert np.array_equal(start.encode(tiles), before)


def test_too_few_tiles_are_refused_and_a_small_collection_is_one_batch(
    tiles: NDArray[np.uint8],
) -> None:
    with pytest.raises(EncoderError, match="at least 64 tiles, there are 63"):
        train_collection_encoder(tiles[:63], seed=1)
    assert train_collection_encoder(tiles[:64], seed=1, plan=TrainingPlan(epochs=1, least_steps=4))


def test_an_exception_of_the_progress_ends_the_training(tiles: NDArray[np.uint8]) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_collection_encoder(tiles, seed=1, plan=PLAN, progress=stop)


def test_the_loss_is_least_where_views_find_each_other() -> None:
    apart = torch.eye(4)
    assert instance_loss(torch.cat([apart, apart]), 0.1) < 0.01
    assert instance_loss(torch.cat([apart, apart.flip(0)]), 0.1) > 5


def test_first_and_second_views_stand_in_the_same_order(tiles: NDArray[np.uint8]) -> None:
    views = two_views(tiles, 0.5, torch.Generator().manual_seed(1))
    assert views.shape == (200, 3, 32, 32)
    first, second = views[:100].flatten(1), views[100:].flatten(1)
    own = (first - second).abs().mean()
    assert own < (first - second.roll(1, 0)).abs().mean() * 0.8
