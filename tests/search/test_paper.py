from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from iiif_dedup.search import paper
from iiif_dedup.search.paper import PaperRecipe
from iiif_dedup.search.pool import Pool

ELIGIBLE = np.arange(1, 300)


@pytest.fixture(scope="module")
def tiles() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (300, 32, 32, 3), dtype=np.uint8)


def test_defaults_are_section_4_2() -> None:
    assert PaperRecipe().parameters() == {
        "views": 128,
        "unlabelled": 128,
        "batch": 32,
        "epochs": 10,
        "learning_rate": 1e-3,
        "variance_weight": 0.0,
        "margin": None,
        "ranges": {
            "rotation": 20.0,
            "translation": 0.1,
            "scale": (0.9, 1.1),
            "shear": 10.0,
            "brightness": 0.3,
            "contrast": 0.3,
            "saturation": 0.2,
            "blur_sigma": (0.1, 2.0),
        },
    }


def test_norms_are_the_same_again_in_any_batch_and_on_any_number_of_threads(
    tiles: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = PaperRecipe(epochs=3)
    threads = torch.get_num_threads()
    scorer = recipe.fit(tiles[0], Pool.of_tiles(tiles), ELIGIBLE, seed=9, device="cpu")
    norms = scorer.norms(tiles)
    monkeypatch.setattr(paper, "_SCORING_BATCH", 7)
    try:
        torch.set_num_threads(threads % 2 + 1)
        again = recipe.fit(tiles[0], Pool.of_tiles(tiles), ELIGIBLE, seed=9, device="cpu")
        other_norms = again.norms(tiles)
    finally:
        torch.set_num_threads(threads)
    assert norms.dtype == np.float32
    assert np.abs(norms - other_norms).max() <= 1e-4
    assert abs(scorer.mu + scorer.margin - again.mu - again.margin) <= 1e-4


def test_another_seed_is_another_encoder(tiles: NDArray[np.uint8]) -> None:
    recipe = PaperRecipe(epochs=1)
    one = recipe.fit(tiles[0], Pool.of_tiles(tiles), ELIGIBLE, seed=1, device="cpu").norms(
        tiles[:9]
    )
    two = recipe.fit(tiles[0], Pool.of_tiles(tiles), ELIGIBLE, seed=2, device="cpu").norms(
        tiles[:9]
    )
    assert np.abs(one - two).max() > 1e-3


def test_only_eligible_tiles_are_trained_on(tiles: NDArray[np.uint8]) -> None:
    recipe = PaperRecipe(epochs=1)
    eligible = np.arange(1, 150)
    changed = tiles.copy()
    changed[150:] = 0
    one = recipe.fit(tiles[0], Pool.of_tiles(tiles), eligible, seed=1, device="cpu")
    two = recipe.fit(tiles[0], Pool.of_tiles(changed), eligible, seed=1, device="cpu")
    assert one.mu == two.mu


def test_a_read_only_pool_is_scored(tiles: NDArray[np.uint8]) -> None:
    frozen = tiles.copy()
    frozen.flags.writeable = False
    scorer = PaperRecipe(epochs=1).fit(
        frozen[0], Pool.of_tiles(frozen), ELIGIBLE, seed=1, device="cpu"
    )
    assert scorer.norms(frozen).shape == (300,)
