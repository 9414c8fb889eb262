"""The exact index: rounding, blocks, and arrays that live elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from iiif_dedup.index import exact
from iiif_dedup.index.base import Vectors
from iiif_dedup.index.exact import ExactIndex
from tests.index.vectors import numbers, random_units, unit


@pytest.fixture(params=["float16", "float32"])
def vectors(request: pytest.FixtureRequest) -> Vectors:
    found: Vectors = random_units(500, 24).astype(request.param)
    return found


def expected(vectors: Vectors, queries: Vectors, k: int) -> list[list[int]]:
    products = queries.astype(np.float64) @ vectors.astype(np.float64).T
    order: list[list[int]] = np.argsort(-products, axis=1, kind="stable")[:, :k].tolist()
    return order


@pytest.mark.parametrize("queries", [1, exact.FEW_QUERIES, exact.FEW_QUERIES + 1, 200])
def test_any_number_of_queries_gives_the_same(vectors: Vectors, queries: int) -> None:
    asked = random_units(queries, 24, seed=1)
    index = ExactIndex.over(np.arange(500), vectors)
    assert index.search(asked, 20).keys.tolist() == expected(vectors, asked, 20)


@pytest.mark.parametrize("queries", [1, 30])
def test_rows_in_many_blocks_are_one_index(
    monkeypatch: pytest.MonkeyPatch, vectors: Vectors, queries: int
) -> None:
    monkeypatch.setattr(exact, "BLOCK_ROWS", 60)
    monkeypatch.setattr(exact, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(exact, "QUERIES_AT_ONCE", 9)
    asked = random_units(queries, 24, seed=1)
    index = ExactIndex.over(np.arange(100), vectors[:100])
    for keys in np.array_split(np.arange(100, 500), 9):
        index.add(keys, vectors[keys])
    assert index.search(asked, 50).keys.tolist() == expected(vectors, asked, 50)
    index.remove(np.arange(0, 500, 2))
    odd = expected(vectors[1::2], asked, 50)
    assert (index.search(asked, 50).keys == 2 * np.array(odd) + 1).all()


@pytest.mark.parametrize("queries", [1, 30])
def test_no_neighbour_is_lost_by_rounding_products(queries: int) -> None:
    """Similarities that differ by 10⁻⁵ only are one and the same as float16."""
    angles = np.random.default_rng(0).permutation(np.linspace(0.4, 0.42, 2000))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    index = ExactIndex(2, dtype=np.float32)
    index.add(np.arange(2000), vectors)
    asked = np.tile(np.array([[1, 0]], np.float32), (queries, 1))
    assert index.search(asked, 100).keys[-1].tolist() == np.argsort(angles)[:100].tolist()


def test_a_read_only_memory_map_is_searched_in_place(tmp_path: Path, vectors: Vectors) -> None:
    np.save(tmp_path / "vectors.npy", vectors)
    np.save(tmp_path / "keys.npy", np.arange(500) + 1000)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    keys = np.load(tmp_path / "keys.npy", mmap_mode="r")
    index = ExactIndex.over(keys, mapped)
    assert index.search(vectors[:9], 1).keys[:, 0].tolist() == list(range(1000, 1009))
    index.remove(numbers(1003))
    index.add(numbers(7, 1004), vectors[3:5])
    assert index.search(vectors[3:5], 1).keys[:, 0].tolist() == [7, 1004]
    assert (len(index), index.dimensions) == (501 - 1, 24)
    assert np.shares_memory(index._blocks[0].rows.numpy(), mapped)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="one row for each key"):
        ExactIndex.over(np.arange(3), random_units(2, 4))
    with pytest.raises(ValueError, match="float16 or float32"):
        ExactIndex.over(np.arange(2), random_units(2, 4).astype(np.float64))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="distinct"):
        ExactIndex.over(numbers(1, 1), random_units(2, 4))


def test_added_vectors_are_rounded_to_float16_unless_said_otherwise() -> None:
    fine = np.array([[np.cos(1e-3), np.sin(1e-3)]], np.float32)
    for dtype, similarity in ((np.float16, 1.0), (np.float32, np.cos(1e-3))):
        index = ExactIndex(2, dtype=dtype)
        index.add(numbers(0), fine)
        found = index.search(unit(np.array([[1.0, 0]])), 1).similarities[0, 0]
        assert found == pytest.approx(similarity, abs=1e-7)
