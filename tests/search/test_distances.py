from __future__ import annotations

import numpy as np
import pytest
import torch

from iiif_dedup.search.distances import bits_apart, products


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("count", [0, 1, 4096, 20_000, 60_001])
def test_products_are_those_of_float64(dtype: type[np.floating], count: int) -> None:
    rng = np.random.default_rng(count)
    vectors = rng.normal(size=(count, 16)).astype(dtype)
    queries = rng.normal(size=(3, 16)).astype(np.float32)
    found = products(vectors, queries)
    vectors.flags.writeable = False
    assert np.array_equal(products(vectors, queries), found)
    assert found.dtype == np.float32
    assert np.abs(found - queries @ vectors.T.astype(np.float64)).max(initial=0) < 1e-4


def test_threads_are_left_as_they_were() -> None:
    before = torch.get_num_threads()
    products(np.ones((60_000, 4), dtype=np.float16), np.ones((1, 4), dtype=np.float32))
    assert torch.get_num_threads() == before


def test_the_nearest_of_the_queries_positions_counts() -> None:
    rng = np.random.default_rng(3)
    pool = rng.integers(0, 256, (70_000, 32), dtype=np.uint8)
    queries = rng.integers(0, 256, (3, 32), dtype=np.uint8)
    apart = np.unpackbits(pool[:, np.newaxis] ^ queries, axis=2).sum(axis=2).min(axis=1)
    assert np.array_equal(bits_apart(pool, queries), apart)
