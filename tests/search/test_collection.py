from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.search.collection import CollectionRecipe, distances_to
from iiif_dedup.search.instance_training import TrainingPlan, train_collection_encoder
from iiif_dedup.search.per_query import PerQueryRecipe
from iiif_dedup.search.pool import Encoded, Pool, Query
from iiif_dedup.search.run import search
from iiif_dedup.search.tile_encoder import TileEncoder


@pytest.fixture(scope="module")
def tiles() -> NDArray[np.uint8]:
    coarse = np.random.default_rng(4).integers(0, 256, (150, 4, 4, 3), dtype=np.uint8)
    made = coarse.repeat(8, axis=1).repeat(8, axis=2)
    made[77] = np.clip(made[8].astype(int) + 9, 0, 255).astype(np.uint8)
    return made


@pytest.fixture(scope="module")
def encoder(tiles: NDArray[np.uint8]) -> TileEncoder:
    return train_collection_encoder(
        tiles, seed=1, plan=TrainingPlan(epochs=12, least_steps=1, batch=75)
    )


def test_distances_are_those_of_plain_geometry() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(50, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    centre = rng.normal(size=8).astype(np.float32)
    expected = np.linalg.norm(vectors - centre, axis=1)
    assert np.abs(distances_to(centre, vectors.astype(np.float32)) - expected).max() < 1e-5


def test_tau_accepts_the_part_of_held_out_views_that_it_is_set_to(
    tiles: NDArray[np.uint8], encoder: TileEncoder
) -> None:
    recipe = CollectionRecipe(encoder, held_out=400, quantile=0.75)
    scorer = recipe.fit(tiles[8], Pool.of_tiles(tiles), np.arange(9, 20), seed=3)
    assert scorer.mu > 0
    views = CollectionRecipe(encoder, views=1, held_out=1, quantile=0.5)
    assert views.parameters()["encoder"] == encoder.version
    assert scorer.norms(tiles[8:9])[0] < scorer.mu + scorer.margin


def test_stored_vectors_give_the_norms_of_the_tiles_and_others_are_left_aside(
    tiles: NDArray[np.uint8], encoder: TileEncoder
) -> None:
    scorer = CollectionRecipe(encoder).fit(tiles[0], Pool.of_tiles(tiles), np.arange(1), seed=1)
    plain = scorer.norms(tiles)
    stored = Encoded(encoder.version, encoder.encode(tiles).astype(np.float16))
    assert np.abs(scorer.norms(tiles, stored) - plain).max() < 2e-3
    foreign = Encoded("another", np.zeros((150, 128), np.float16))
    assert np.array_equal(scorer.norms(tiles, foreign), plain)


@pytest.mark.parametrize("recipe_class", [CollectionRecipe, PerQueryRecipe])
def test_a_planted_copy_is_found_and_the_search_repeats(
    tiles: NDArray[np.uint8],
    encoder: TileEncoder,
    recipe_class: type[CollectionRecipe] | type[PerQueryRecipe],
) -> None:
    pool = Pool.of_tiles(tiles)
    exclude = np.arange(150) == 8
    one, again = (
        search(Query(tiles[8]), pool, recipe=recipe_class(encoder), seed=6, exclude=exclude)
        for _ in range(2)
    )
    assert one.candidates[0].image_version_id == "000000077"
    assert one.candidates[0].norm <= one.tau
    assert one.accepted < 15
    for first, second in zip(one.candidates, again.candidates, strict=True):
        assert first.image_version_id == second.image_version_id
        assert abs(first.norm - second.norm) <= 1e-4


def test_hidden_positives_are_not_trained_away(
    tiles: NDArray[np.uint8], encoder: TileEncoder
) -> None:
    crowded = tiles.copy()
    for copy, change in enumerate((3, 6, 12)):
        crowded[100 + copy] = np.clip(tiles[8].astype(int) - change, 0, 255)
    exclude = np.arange(150) == 8
    recipe = PerQueryRecipe(encoder)
    copies = {"000000077", "000000100", "000000101", "000000102"}
    for seed in (2, 3):
        pool = Pool.of_tiles(crowded)
        found = search(Query(tiles[8]), pool, recipe=recipe, seed=seed, exclude=exclude)
        accepted = {one.image_version_id for one in found.candidates if one.norm <= found.tau}
        assert accepted == copies
