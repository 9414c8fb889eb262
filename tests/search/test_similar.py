from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.search.similar import cosines, nearest_first


def unit(count: int) -> NDArray[np.float16]:
    drawn = np.random.default_rng(1).normal(size=(count, 256))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn.astype(np.float16)


def test_cosines_are_those_of_the_stored_vectors() -> None:
    vectors = unit(2500)
    query = vectors[7].astype(np.float32)
    found = cosines(vectors, query)
    np.testing.assert_allclose(found, vectors.astype(np.float32) @ query, atol=1e-6)
    assert np.abs(found).max() <= 1
    assert found.argmax() == 7


def test_every_finite_half_is_converted_exactly() -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves) & (np.abs(halves) <= 1)]
    found = cosines(halves[:, np.newaxis], np.ones(1, dtype=np.float32))
    expected = np.where(halves == 0, np.nan, halves.astype(np.float32))
    np.testing.assert_array_equal(found, expected)


def test_nothing_in_common_is_zero_and_no_vector_is_not_a_number() -> None:
    vectors = np.array([[0, 1], [0, 0], [1, 0], [-1, 0]], dtype=np.float16)
    found = cosines(vectors, np.array([1, 0], dtype=np.float32))
    np.testing.assert_array_equal(found, np.array([0, np.nan, 1, -1], dtype=np.float32))


@pytest.mark.parametrize("count", [0, 3])
def test_a_memory_map_will_do(count: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("map") / "vectors"
    vectors = unit(3)
    file.write_bytes(vectors.tobytes())
    mapped = np.memmap(file, np.float16, mode="r", shape=(3, 256))[:count]
    assert len(cosines(mapped, vectors[0].astype(np.float32))) == count


def test_the_order_is_stable_and_leaves_out_what_was_not_compared() -> None:
    similarities = np.array([0.1, np.nan, 0.9, 0.1, -1.0], dtype=np.float32)
    assert nearest_first(similarities).tolist() == [2, 0, 3, 4]
    assert nearest_first(similarities[:0]).tolist() == []
