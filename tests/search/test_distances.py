from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.search.distances import bits_apart, products, similarities


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("count", [0, 1, 8191, 8192, 20_000])
def test_products_are_those_of_float64(dtype: type[np.floating], count: int) -> None:
    rng = np.random.default_rng(count)
    vectors = rng.normal(size=(count, 16)).astype(dtype)
    vectors.flags.writeable = False
    query = rng.normal(size=16).astype(np.float32)
    found = products(vectors, query)
    assert found.dtype == np.float32
    assert np.abs(found - vectors.astype(np.float64) @ query).max(initial=0) < 1e-4


def test_the_nearest_of_the_queries_positions_counts() -> None:
    rng = np.random.default_rng(3)
    pool = rng.integers(0, 256, (9000, 32), dtype=np.uint8)
    queries = rng.integers(0, 256, (3, 32), dtype=np.uint8)
    apart = np.unpackbits(pool[:, np.newaxis] ^ queries, axis=2).sum(axis=2).min(axis=1)
    assert np.array_equal(bits_apart(pool, queries), apart)


def test_the_nearest_part_of_a_query_counts() -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(500, 8)).astype(np.float16)
    queries = rng.normal(size=(3, 8)).astype(np.float32)
    expected = (vectors.astype(np.float64) @ queries.T).max(axis=1)
    assert np.abs(similarities(vectors, queries) - expected).max() < 1e-4
