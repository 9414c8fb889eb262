from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from iiif_dedup.search.budget import Background, BudgetStatus, BudgetTable
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.scan import ScanPlan, scan
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork

COUNT = 24


@pytest.fixture(scope="module")
def recipe() -> CollectionRecipe:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return CollectionRecipe(TileEncoder.of(TileNetwork(), {}), views=8, held_out=16)


@pytest.fixture
def tiles() -> NDArray[np.uint8]:
    """Pictures of few large patches; 1 is a copy of 0, 3 of 2 with a little noise, 4 is blank."""
    rng = np.random.default_rng(5)
    patches = rng.integers(0, 256, (COUNT, 4, 4, 3), dtype=np.uint8)
    tiles = patches.repeat(8, axis=1).repeat(8, axis=2)
    tiles[1] = tiles[0]
    tiles[3] = tiles[2].clip(1, 254) + rng.integers(-1, 2, (32, 32, 3))
    tiles[4] = 77
    return tiles


def make_pool(tiles: NDArray[np.uint8], recipe: CollectionRecipe) -> Pool:
    pool = Pool.of_tiles(tiles)
    encoded = Encoded(recipe.encoder.version, recipe.encoder.encode(tiles).astype(np.float16))
    return replace(pool, encoded=encoded)


def pairs_of(pool: Pool, plan: ScanPlan) -> set[tuple[int, int]]:
    found = scan(pool, {}, plan, lambda place: place)
    return {(pair.first, pair.second) for pair in found.pairs}


def test_copies_are_found_once_and_blank_images_never(
    tiles: NDArray[np.uint8], recipe: CollectionRecipe
) -> None:
    told: list[tuple[int, int]] = []
    found = scan(
        make_pool(tiles, recipe), {}, ScanPlan(recipe), lambda place: place,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    places = [(pair.first, pair.second) for pair in found.pairs]
    assert len(set(places)) == len(places)
    assert {(0, 1), (2, 3)} <= set(places)
    assert all(first < second and 4 not in (first, second) for first, second in places)
    assert all(pair.accepted and pair.generators["clone"] >= 1 for pair in found.pairs)
    assert found.searched == COUNT - 1
    assert told[-1] == (COUNT - 1, COUNT - 1)
    assert found.status is BudgetStatus.UNCALIBRATED


def test_the_short_way_calibrates_fewer_and_keeps_the_copies(
    tiles: NDArray[np.uint8], recipe: CollectionRecipe
) -> None:
    pool = make_pool(tiles, recipe)
    full = scan(pool, {}, ScanPlan(recipe), lambda place: place)
    short = scan(pool, {}, ScanPlan(recipe, sample=4), lambda place: place)
    assert short.calibrated < full.calibrated == COUNT - 1
    assert short.searched == full.searched
    found = {(pair.first, pair.second) for pair in short.pairs}
    assert {(0, 1), (2, 3)} <= found <= {(pair.first, pair.second) for pair in full.pairs}


def test_pictures_of_one_record_are_no_pair(
    tiles: NDArray[np.uint8], recipe: CollectionRecipe
) -> None:
    pool = make_pool(tiles, recipe)
    records = pool.record_ids.copy()
    records[1] = records[0]
    found = pairs_of(replace(pool, record_ids=records), ScanPlan(recipe))
    assert (0, 1) not in found
    assert (2, 3) in found


def test_a_part_of_the_anchors_is_compared_with_all(
    tiles: NDArray[np.uint8], recipe: CollectionRecipe
) -> None:
    pool = make_pool(tiles, recipe)
    found = scan(pool, {}, ScanPlan(recipe), lambda place: place, anchors=np.array([4, 3, 0]))
    assert found.searched == 2, "the blank one is passed over"
    places = [(pair.first, pair.second) for pair in found.pairs]
    assert {(0, 1), (2, 3)} <= set(places)
    assert all({0, 3} & {first, second} for first, second in places)


def test_a_budget_moves_the_threshold(tiles: NDArray[np.uint8], recipe: CollectionRecipe) -> None:
    pool = make_pool(tiles, recipe)
    strict = BudgetTable(Background.RAW, 10, COUNT - 2, tuple(np.linspace(-3, 1, 40).tolist()))
    found = scan(pool, {}, ScanPlan(recipe, strict, budget=0.5), lambda place: place)
    assert found.status is BudgetStatus.MET
    assert found.delta == pytest.approx(strict.threshold(0.5, COUNT - 2)[0], abs=1e-4)
    assert not found.pairs


def test_same_files_and_twins_are_reported_whatever_the_norm(
    tiles: NDArray[np.uint8], recipe: CollectionRecipe
) -> None:
    """Places 10 and 11 have one digest; 12 looks like 13 in its second position only."""
    digests = np.array([f"{place:064x}" for place in range(COUNT)], dtype="S64")
    digests[11] = digests[10]
    bits = np.random.default_rng(1).integers(0, 256, (COUNT, 32), dtype=np.uint8)
    positions = np.random.default_rng(2).integers(0, 256, (COUNT, 2, 32), dtype=np.uint8)
    positions[:, 0] = bits
    positions[12, 1] = bits[13] ^ np.eye(1, 32, 5, dtype=np.uint8)[0]
    strict = BudgetTable(Background.RAW, 10, COUNT, tuple(np.linspace(-3, 1, 40).tolist()))
    pool = replace(make_pool(tiles, recipe), digests=digests, bits={"phash": bits})
    found = scan(
        pool, {"phash": positions}, ScanPlan(recipe, strict, 0.5, sample=1), lambda place: place
    )
    assert [(pair.first, pair.second) for pair in found.pairs] == [(10, 11), (12, 13)]
    assert not any(pair.accepted for pair in found.pairs)
    assert found.pairs[0].generators["sha256"] == 1
    assert found.pairs[1].generators["phash"] == 1


def test_progress_may_end_a_scan(tiles: NDArray[np.uint8], recipe: CollectionRecipe) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StopError

    threads = torch.get_num_threads()
    with pytest.raises(StopError):
        scan(make_pool(tiles, recipe), {}, ScanPlan(recipe), lambda place: 0, progress=stop)
    assert torch.get_num_threads() == threads


def test_a_pool_of_another_encoder_is_refused(
    tiles: NDArray[np.uint8], recipe: CollectionRecipe
) -> None:
    with pytest.raises(ValueError, match="encoded by"):
        scan(Pool.of_tiles(tiles), {}, ScanPlan(recipe), lambda place: place)
