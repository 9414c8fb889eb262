from __future__ import annotations

import numpy as np
import torch

from iiif_dedup.evaluation.judging_views import augmented, judging_views
from iiif_dedup.search.views import ViewRanges, random_views

COARSE = np.random.default_rng(3).integers(0, 256, (4, 4, 3), dtype=np.uint8)
TILE = COARSE.repeat(8, axis=0).repeat(8, axis=1)


def test_views_are_seeded_and_leave_torch_as_it_was() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    views = judging_views(TILE, 20, seed=4)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert views.shape == (20, 32, 32, 3)
    assert views.dtype == np.uint8
    assert np.array_equal(views, judging_views(TILE, 20, seed=4))
    assert not np.array_equal(views, judging_views(TILE, 20, seed=5))
    assert len({view.tobytes() for view in views}) == 20


def test_a_pool_is_augmented_row_by_row() -> None:
    pool = np.stack([TILE, np.zeros_like(TILE), TILE])
    views = augmented(pool, seed=1)
    assert not views[1].any()
    assert views[0].any()
    assert not np.array_equal(views[0], views[2])


def test_the_training_views_are_of_the_same_kind() -> None:
    """Two independent implementations of one description agree on average."""
    judged = judging_views(TILE, 400, seed=1) / 255
    tile = torch.from_numpy(TILE).permute(2, 0, 1).expand(400, -1, -1, -1)
    trained = random_views(tile, ViewRanges(), torch.Generator().manual_seed(1))
    ours = trained.permute(0, 2, 3, 1).numpy()
    assert np.abs(judged.mean(axis=0) - ours.mean(axis=0)).max() < 0.08
    assert abs(judged.std(axis=0).mean() - ours.std(axis=0).mean()) < 0.01
    assert abs((judged == 0).mean() - (ours == 0).mean()) < 0.01
