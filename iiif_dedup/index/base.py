"""What an index of vectors is, and what all of them check and return."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

NO_KEY = -1
"""Fills the places of an answer for which there is no neighbour; its similarity is −∞."""
UNIT_TOLERANCE = 0.01
"""How far a vector's length may be from 1; rounding to float16 moves it by 0.0005."""

Vectors = NDArray[np.float16] | NDArray[np.float32]
"""N×D unit vectors."""


class Neighbours(NamedTuple):
    """The nearest of each of Q queries, best first, equal similarities by key.

    Attributes:
        keys: Q×k, int64; `NO_KEY` where fewer than k are in the index.
        similarities: Q×k, float32, the cosines; −∞ beside `NO_KEY`.
    """

    keys: NDArray[np.int64]
    similarities: NDArray[np.float32]


class Index(Protocol):
    """Unit vectors by key, and those nearest to a query by the inner product.

    Not safe between threads. Wrong shapes, dtypes, keys and lengths raise ValueError, and then
    nothing has changed.
    """

    @property
    def dimensions(self) -> int:
        """D."""

    def __len__(self) -> int:
        """Return how many keys are in the index."""

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Put vectors into the index; a key that is there already gets the new vector.

        Args:
            keys: N, distinct, ≥ 0, such as image sequence numbers.
            vectors: N×D, finite, of length 1.
        """

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Take keys out; those that are not there are passed over. They can be added again.

        Args:
            keys: N, distinct, ≥ 0.
        """

    def search(self, queries: Vectors, k: int) -> Neighbours:
        """Return the k nearest of each query.

        Args:
            queries: Q×D, finite, of length 1.
            k: ≥ 1.
        """


def checked_keys(keys: ArrayLike) -> NDArray[np.int64]:
    """Return the keys as a contiguous array of N.

    Raises:
        ValueError: They are no list of distinct whole numbers ≥ 0.
    """
    array = np.asarray(keys)
    if array.ndim != 1 or (len(array) and array.dtype.kind not in "iu"):
        raise ValueError(
            f"keys must be a list of whole numbers, got {array.dtype} of shape {array.shape}"
        )
    array = np.ascontiguousarray(array, dtype=np.int64)
    if len(array) and array.min() < 0:
        raise ValueError(f"keys must be ≥ 0, got {array.min()}")
    # Sequence numbers come in order, which is seen at once; sorting a million takes a while.
    if not (array[1:] > array[:-1]).all() and len(np.unique(array)) != len(array):
        raise ValueError("keys must be distinct within one call, got a key twice")
    return array


def checked_vectors(vectors: Vectors, dimensions: int, what: str = "vectors") -> Vectors:
    """Return the vectors as they are.

    Raises:
        ValueError: They are not float16 or float32 of shape (N, dimensions), or one of them is
            not finite or not of length 1.
    """
    if vectors.ndim != 2 or vectors.shape[1] != dimensions or vectors.dtype.char not in "ef":
        raise ValueError(
            f"{what} must be float16 or float32 of shape (N, {dimensions}), got {vectors.dtype} "
            f"{vectors.shape}"
        )
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float32))
    # Written so that NaN is wrong as well.
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE))
    if len(wrong):
        raise ValueError(
            f"{what} must be finite and of length 1, number {wrong[0]} has length "
            f"{lengths[wrong[0]]:.6g}; divide each by its length, and leave out those of length 0"
        )
    return vectors


def checked_pairs(
    keys: ArrayLike, vectors: Vectors, dimensions: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Return `checked_keys` and `checked_vectors`.

    Raises:
        ValueError: As these, or there are not as many keys as vectors.
    """
    checked = checked_keys(keys), checked_vectors(vectors, dimensions)
    if len(checked[0]) != len(checked[1]):
        raise ValueError(
            f"there must be one key for each vector, got {len(checked[0])} keys and "
            f"{len(checked[1])} vectors"
        )
    return checked


def checked_k(k: int) -> int:
    """Return k.

    Raises:
        ValueError: It is below 1.
    """
    if k < 1:
        raise ValueError(f"k must be ≥ 1, got {k}")
    return k


def no_neighbours(queries: int, k: int) -> Neighbours:
    """Return the answer of an empty index, Q×k, to be filled."""
    return Neighbours(
        np.full((queries, k), NO_KEY, dtype=np.int64),
        np.full((queries, k), -np.inf, dtype=np.float32),
    )


def ranked(
    query: NDArray[np.int64],
    keys: NDArray[np.int64],
    similarities: NDArray[np.float32],
    *,
    queries: int,
    k: int,
) -> Neighbours:
    """Return the k best of each query out of what was found for them all.

    Args:
        query: F, which query each find belongs to, 0 ≤ query < `queries`.
        keys: F, distinct for each query.
        similarities: F.
        queries: Q.
        k: Most that are returned for a query.
    """
    order = np.lexsort((keys, -similarities, query))
    query = query[order]
    rank = np.arange(len(query)) - np.searchsorted(query, query, side="left")
    order, query, rank = order[rank < k], query[rank < k], rank[rank < k]
    result = no_neighbours(queries, k)
    result.keys[query, rank] = keys[order]
    result.similarities[query, rank] = similarities[order]
    return result
