from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from iiif_dedup.errors import NotSearchableError, Reason
from iiif_dedup.search.paper import PaperRecipe
from iiif_dedup.search.pool import Pool, Query
from iiif_dedup.search.run import search, search_seed
from iiif_dedup.types import Json


@dataclass(frozen=True)
class Brightness:
    """A recipe whose norm is a tile's first level, so that ranks are known beforehand."""

    name = "brightness"
    mu = 10.0
    margin = 5.0

    def parameters(self) -> dict[str, Json]:
        return {"channel": 0}

    def fit(self, *args: object, **options: object) -> Brightness:
        return self

    def norms(self, tiles: NDArray[np.uint8], encoded: object = None) -> NDArray[np.float32]:
        return tiles[:, 0, 0, 0].astype(np.float32)


def _pool(levels: list[int]) -> Pool:
    tiles = np.zeros((len(levels), 32, 32, 3), dtype=np.uint8)
    tiles[:, 0, 0, 0] = levels
    names = [f"image{i}" for i in range(len(levels))]
    return Pool.of_tiles(tiles, names, [f"record{i // 2}" for i in range(len(levels))])


ANCHOR = Query(np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8))


def test_the_nearest_are_ranked_and_the_accepted_counted() -> None:
    pool = _pool([40, 15, 16, 3, 200])
    result = search(ANCHOR, pool, recipe=Brightness(), seed=4, per_generator=3)
    assert [(c.image_version_id, c.norm, c.rank) for c in result.candidates] == [
        ("image3", 3.0, 1),
        ("image1", 15.0, 2),
        ("image2", 16.0, 3),
    ]
    assert (result.tau, result.accepted, result.pool_size) == (15.0, 2, 5)
    assert (result.recipe, result.parameters, result.seed) == ("brightness", {"channel": 0}, 4)
    assert set(result.timings) == {"train", "score", "union"}


def test_excluded_images_are_neither_proposed_nor_counted() -> None:
    pool = _pool([1, 2, 30, 40])
    result = search(
        ANCHOR,
        pool,
        recipe=Brightness(),
        seed=0,
        per_generator=9,
        exclude=pool.of_record("record0"),
    )
    assert [c.image_version_id for c in result.candidates] == ["image2", "image3"]
    assert (result.accepted, result.pool_size) == (0, 2)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30), st.integers(1, 40))
def test_ties_are_ranked_by_id_wherever_the_list_is_cut(levels: list[int], keep: int) -> None:
    pool = _pool(levels)
    result = search(ANCHOR, pool, recipe=Brightness(), seed=0, per_generator=keep)
    expected = sorted(
        (float(n), i.decode()) for n, i in zip(levels, pool.image_version_ids, strict=True)
    )
    assert [(c.norm, c.image_version_id) for c in result.candidates] == expected[:keep]


@pytest.mark.parametrize("excluded", [[True, True, True], [False, True, True]])
def test_a_pool_of_less_than_two_is_refused(excluded: list[bool]) -> None:
    with pytest.raises(NotSearchableError, match="harvest more") as caught:
        search(
            ANCHOR,
            _pool([1, 2, 3]),
            recipe=Brightness(),
            seed=0,
            per_generator=1,
            exclude=np.array(excluded),
        )
    assert caught.value.reason is Reason.POOL_TOO_SMALL


def test_a_blank_anchor_is_refused_whatever_its_colour() -> None:
    red = np.zeros((32, 32, 3), dtype=np.uint8)
    red[..., 0] = 200
    red[::2, ::2] += 2
    with pytest.raises(NotSearchableError) as caught:
        search(Query(red), _pool([1, 2, 3]), recipe=Brightness(), seed=0, per_generator=1)
    assert caught.value.reason is Reason.BLANK_IMAGE


def test_a_faint_line_drawing_is_not_blank() -> None:
    drawing = np.full((32, 32, 3), 255, dtype=np.uint8)
    drawing[16, 4:28] = 220
    assert search(
        Query(drawing), _pool([1, 2]), recipe=Brightness(), seed=0, per_generator=1
    ).candidates


def test_wrong_shapes_are_refused() -> None:
    pool = _pool([1, 2, 3])
    with pytest.raises(ValueError, match="anchor tile"):
        search(Query(ANCHOR.tile[:16]), pool, recipe=Brightness(), seed=0, per_generator=1)
    with pytest.raises(ValueError, match="exclude"):
        search(
            ANCHOR,
            pool,
            recipe=Brightness(),
            seed=0,
            per_generator=1,
            exclude=np.zeros(2, dtype=np.bool_),
        )
    with pytest.raises(ValueError, match="pool tiles"):
        Pool.of_tiles(pool.tiles.astype(np.float32))
    with pytest.raises(ValueError, match="one row per tile"):
        Pool.of_tiles(pool.tiles, ["a"], ["b"])


def test_the_seed_follows_from_what_is_searched() -> None:
    seed = search_seed("record", "ab12", "paper")
    assert seed == search_seed("record", "ab12", "paper")
    assert 0 <= seed < 2**63
    others = {
        search_seed("record2", "ab12", "paper"),
        search_seed("record", "ab13", "paper"),
        search_seed("record", "ab12", "paper2"),
    }
    assert len(others | {seed}) == 4


def test_the_papers_recipe_puts_a_planted_copy_first() -> None:
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (400, 4, 4, 3), dtype=np.uint8)
    tiles = coarse.repeat(8, axis=1).repeat(8, axis=2)
    tiles[321] = np.clip(tiles[7].astype(int) + 6, 0, 255).astype(np.uint8)
    pool = Pool.of_tiles(tiles, [f"i{i:03}" for i in range(400)], [f"r{i:03}" for i in range(400)])
    result = search(
        Query(tiles[7]),
        pool,
        recipe=PaperRecipe(),
        seed=search_seed("r007", "00", "paper"),
        per_generator=20,
        device="cpu",
        exclude=pool.of_record("r007"),
    )
    assert "i321" in {candidate.image_version_id for candidate in result.candidates}
    assert all(c.image_version_id != "i007" for c in result.candidates)
    norms = [candidate.norm for candidate in result.candidates]
    assert norms == sorted(norms)
    assert 1.2 < result.margin < 1.313
