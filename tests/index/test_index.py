"""What holds for every kind of index."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiif_dedup.index.base import NO_KEY, Index, Vectors
from tests.index.vectors import (
    MakeIndex,
    everything_compared,
    numbers,
    random_units,
    recall,
    unit,
)

X, Y = unit(np.array([[1.0, 0, 0], [0, 1, 0]]))
NEAR_X = unit(np.array([3.0, 1, 0]))


def found(index: Index, query: Vectors, k: int) -> list[int]:
    answer = index.search(query[np.newaxis], k)
    return [key for key in answer.keys[0].tolist() if key != NO_KEY]


def test_the_nearest_come_first(make_index: MakeIndex) -> None:
    index = make_index(3)
    index.add(numbers(7, 5, 9), np.stack([Y, NEAR_X, X]))
    answer = index.search(np.stack([X, Y]), 3)
    assert answer.keys.tolist() == [[9, 5, 7], [7, 5, 9]]
    assert answer.similarities == pytest.approx(
        np.array([[1, 3, 0], [1, 1, 0]]) / np.sqrt([[1, 10, 1], [1, 10, 1]]), abs=1e-3
    )
    assert answer.keys.dtype == np.int64
    assert answer.similarities.dtype == np.float32
    assert (len(index), index.dimensions) == (3, 3)


def test_an_empty_index_answers_with_no_keys(make_index: MakeIndex) -> None:
    index = make_index(3)
    answer = index.search(X[np.newaxis], 2)
    assert answer.keys.tolist() == [[NO_KEY, NO_KEY]]
    assert answer.similarities.tolist() == [[-np.inf, -np.inf]]
    assert index.search(np.empty((0, 3), np.float32), 2).keys.shape == (0, 2)
    index.add(np.empty(0, np.int64), np.empty((0, 3), np.float32))
    index.remove(numbers())
    assert len(index) == 0


def test_answers_are_filled_up_where_there_are_fewer(make_index: MakeIndex) -> None:
    index = make_index(3)
    index.add(numbers(4), X[np.newaxis])
    answer = index.search(np.stack([X, Y]), 3)
    assert answer.keys.tolist() == [[4, NO_KEY, NO_KEY]] * 2
    assert np.isneginf(answer.similarities[:, 1:]).all()


def test_float16_and_float32_are_the_same(make_index: MakeIndex) -> None:
    vectors = random_units(20, 8)
    index = make_index(8)
    index.add(np.arange(10), vectors[:10])
    index.add(np.arange(10, 20), vectors[10:].astype(np.float16))
    wide, narrow = index.search(vectors, 5), index.search(vectors.astype(np.float16), 5)
    assert (wide.keys == narrow.keys).all()
    assert (wide.keys[:, 0] == np.arange(20)).all()


def test_equal_vectors_come_by_key(make_index: MakeIndex) -> None:
    index = make_index(3)
    index.add(numbers(8, 3), np.stack([X, X]))
    index.add(numbers(5, 1), np.stack([X, Y]))
    assert found(index, X, 2) == [3, 5]
    assert found(index, X, 9) == [3, 5, 8, 1]
    index.remove(numbers(3))
    assert found(index, X, 2) == [5, 8]


def test_a_key_gets_a_new_vector(make_index: MakeIndex) -> None:
    index = make_index(3)
    index.add(numbers(1, 2), np.stack([X, Y]))
    index.add(numbers(1), Y[np.newaxis])
    assert len(index) == 2
    assert found(index, Y, 2) == [1, 2]
    assert index.search(X[np.newaxis], 1).similarities[0, 0] == pytest.approx(0)


def test_a_removed_key_can_come_back(make_index: MakeIndex) -> None:
    index = make_index(3)
    index.add(numbers(1, 2), np.stack([X, Y]))
    index.remove(numbers(1, 77))
    index.remove(numbers(1))
    assert (len(index), found(index, X, 2)) == (1, [2])
    index.remove(numbers(2))
    assert (len(index), found(index, X, 2)) == (0, [])
    index.add(numbers(1), X[np.newaxis])
    assert (len(index), found(index, X, 2)) == (1, [1])


@pytest.mark.parametrize(
    ("keys", "vectors", "message"),
    [
        ([1], np.ones((1, 2), np.float32), r"shape \(N, 3\), got float32 \(1, 2\)"),
        ([1], np.ones(3, np.float32), r"shape \(N, 3\)"),
        ([1], X[np.newaxis].astype(np.float64), "float16 or float32"),
        ([1], np.zeros((1, 3), np.float32), "of length 1, number 0 has length 0"),
        ([1], np.full((1, 3), np.nan, np.float32), "finite"),
        ([1], np.full((1, 3), np.inf, np.float16), "finite"),
        ([1, 2], X[np.newaxis], "one key for each vector, got 2 keys and 1 vectors"),
        ([-1], X[np.newaxis], "≥ 0, got -1"),
        ([2, 2], np.stack([X, Y]), "distinct"),
        ([3, 2, 3], np.stack([X, Y, X]), "distinct"),
        ([1.5], X[np.newaxis], "whole numbers"),
        ([[1]], X[np.newaxis], "whole numbers"),
    ],
)
def test_what_is_wrong_changes_nothing(
    make_index: MakeIndex, keys: list[int], vectors: Vectors, message: str
) -> None:
    index = make_index(3)
    index.add(numbers(1), X[np.newaxis])
    with pytest.raises(ValueError, match=message):
        index.add(np.array(keys), vectors)
    assert (len(index), found(index, X, 5)) == (1, [1])


def test_wrong_questions_are_refused(make_index: MakeIndex) -> None:
    index = make_index(3)
    index.add(numbers(1), X[np.newaxis])
    with pytest.raises(ValueError, match="k must be ≥ 1, got 0"):
        index.search(X[np.newaxis], 0)
    with pytest.raises(ValueError, match="queries must be finite and of length 1"):
        index.search(2 * X[np.newaxis], 1)
    with pytest.raises(ValueError, match="whole numbers"):
        index.remove(np.array([0.5]))


def test_neighbours_are_found_among_many(make_index: MakeIndex) -> None:
    vectors, queries = random_units(1500, 16), random_units(50, 16, seed=1)
    index = make_index(16)
    index.add(np.arange(1500), vectors)
    assert recall(index, vectors, queries, 50) >= 0.99


def test_removed_neighbours_do_not_take_the_places_of_others(make_index: MakeIndex) -> None:
    vectors, queries = random_units(1500, 16), random_units(20, 16, seed=1)
    index = make_index(16)
    index.add(np.arange(1500), vectors)
    index.remove(np.arange(1300))
    assert len(index) == 200
    answer = index.search(queries, 50)
    assert answer.keys.min() >= 1300
    assert recall(index, vectors[1300:], queries, 50) >= 0.99


def test_one_picture_in_many_records_hides_no_other(make_index: MakeIndex) -> None:
    """Such as a partner's "no image", which breaks graphs of neighbours that hold each copy."""
    vectors, queries = random_units(1000, 16), random_units(50, 16, seed=1)
    vectors[np.random.default_rng(2).choice(1000, 500, replace=False)] = vectors[0]
    index = make_index(16)
    for chunk in np.array_split(np.arange(1000), 10):
        index.add(chunk, vectors[chunk])
    assert recall(index, vectors, queries, 50) >= 0.99
    assert (index.search(vectors, 1).similarities[:, 0] > 0.995).all()
    same = np.flatnonzero((vectors == vectors[0]).all(axis=1))
    assert (index.search(vectors[:1], 60).keys[0] == same[:60]).all()


POINTS = unit(np.array([p for p in product((-1.0, 0, 2), (0.0, 1, 3), (0.0, 1)) if p != (0, 0, 0)]))
"""Few directions, so that equal vectors and equal distances are common."""
OPERATIONS = st.one_of(
    st.tuples(
        st.just("add"),
        st.dictionaries(st.integers(0, 30), st.integers(0, len(POINTS) - 1), max_size=12),
    ),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 30), max_size=12)),
    st.tuples(st.just("search"), st.tuples(st.integers(0, len(POINTS) - 1), st.integers(1, 40))),
)


def test_any_sequence_gives_what_comparing_everything_gives(make_index: MakeIndex) -> None:
    index = make_index(3)

    # The index is emptied between examples: it is faster than another, and leaves tombstones.
    @settings(max_examples=60, deadline=None)
    @given(operations=st.lists(OPERATIONS, max_size=12))
    def check(operations: list[tuple[str, object]]) -> None:
        index.remove(np.arange(31))
        held: dict[int, int] = {}
        for operation in [*operations, ("search", (0, 40))]:
            match operation:
                case "add", dict(points):
                    index.add(np.array(list(points), np.int64), POINTS[list(points.values())])
                    held |= points
                case "remove", set(keys):
                    index.remove(np.array(list(keys), np.int64))
                    held = {key: point for key, point in held.items() if key not in keys}
                case "search", (int(point), int(k)):
                    check_answer(index, held, point, k)
            assert len(index) == len(held)

    check()


def check_answer(index: Index, held: dict[int, int], point: int, k: int) -> None:
    answer = index.search(POINTS[[point]], k)
    size = min(k, len(held))
    keys = answer.keys[0, :size].tolist()
    similarities = answer.similarities[0, :size]
    assert (answer.keys[0, size:] == NO_KEY).all()
    vectors = {key: POINTS[its] for key, its in held.items()}
    expected = everything_compared(vectors, POINTS[point])[:size]
    assert similarities == pytest.approx(expected, abs=1e-6)
    assert len(set(keys)) == size
    for key, similarity in zip(keys, similarities, strict=True):
        assert vectors[key] @ POINTS[point] == pytest.approx(similarity, abs=1e-6)
    # Of one vector the lowest keys are returned, in order.
    for place in set(held.values()):
        its = [key for key in keys if held[key] == place]
        assert its == sorted(key for key, other in held.items() if other == place)[: len(its)]
