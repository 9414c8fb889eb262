"""The exact index: every vector is compared. It is what the other indices are judged by.

Vectors lie in blocks of rows as float16, which halves memory and costs no time: torch multiplies
a float16 matrix by a vector as fast as the same in float32, both bound by memory, while numpy
needs seven times as long to convert it. Such a product only preselects: what is within its
rounding error of the k-th best is compared again in float64, so that rounding changes nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from iiif_dedup.index.base import (
    Neighbours,
    Vectors,
    checked_k,
    checked_keys,
    checked_pairs,
    checked_vectors,
    no_neighbours,
    ranked,
)

BLOCK_ROWS = 262_144
"""Rows that share a matrix: 128 MB of 256 float16."""
FEW_QUERIES = 4
"""Up to so many, float16 blocks are multiplied as they are; more share a block's conversion."""
QUERIES_AT_ONCE = 128
ROWS_AT_ONCE = 16_384
"""What is multiplied at once: 17 MB of rows and 8 MB of products, for 256 dimensions."""
PRODUCT_ERROR = 1.5e-3
"""More than a float16 product may be wrong by: 2⁻¹¹ each by the query's rounding and its own."""
_COMPARED_AT_ONCE = 16_384


@dataclass(slots=True)
class _Block:
    """Rows of one matrix; those from `count` on are not filled yet."""

    keys: NDArray[np.int64]
    rows: torch.Tensor
    count: int
    removed: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.removed = np.zeros(len(self.keys), dtype=np.bool_)

    def remove(self, keys: NDArray[np.int64]) -> int:
        """Return how many of the keys were here and are not any more."""
        found = np.isin(self.keys[: self.count], keys) & ~self.removed[: self.count]
        self.removed[: self.count] |= found
        return int(np.count_nonzero(found))


class ExactIndex:
    """An index that misses nothing; it lives in memory, or over arrays that live elsewhere."""

    def __init__(self, dimensions: int, *, dtype: type[np.float16 | np.float32] = np.float16):
        """Make an empty index.

        Args:
            dimensions: D.
            dtype: What added vectors are rounded to; similarities are those of rounded vectors.
        """
        self._dimensions = dimensions
        self._dtype = torch.float16 if dtype is np.float16 else torch.float32
        self._blocks: list[_Block] = []
        self._highest_key = -1
        self._alive = 0

    @classmethod
    def over(cls, keys: NDArray[np.int64], vectors: Vectors) -> Self:
        """Return an index over arrays as they are, without a copy; both may be memory maps.

        The vectors are not read before the first search, and so not checked: hand over what
        `add` would take, and leave it unchanged as long as the index is used.

        Args:
            keys: N, distinct, ≥ 0.
            vectors: N×D, float16 or float32, contiguous rows.

        Raises:
            ValueError: Shapes, dtypes or keys are wrong.
        """
        if vectors.ndim != 2 or vectors.dtype.char not in "ef" or len(keys) != len(vectors):
            raise ValueError(
                "vectors must be float16 or float32 with one row for each key, got "
                f"{vectors.dtype} {vectors.shape} for {len(keys)} keys"
            )
        index = cls(vectors.shape[1], dtype=vectors.dtype.type)
        keys = checked_keys(keys)
        if len(keys):
            index._blocks.append(_Block(keys, _as_tensor(vectors), len(keys)))
        index._highest_key = int(keys.max(initial=-1))
        index._alive = len(keys)
        return index

    @property
    def dimensions(self) -> int:
        """D."""
        return self._dimensions

    def __len__(self) -> int:
        return self._alive

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Put vectors in; a key that is there already gets the new vector. See `Index.add`.

        Raises:
            ValueError: Keys or vectors are wrong.
        """
        keys, vectors = checked_pairs(keys, vectors, self._dimensions)
        if not len(keys):
            return
        # Sequence numbers grow, so there is mostly nothing to replace.
        if keys.min() <= self._highest_key:
            self.remove(keys)
        start = 0
        while start < len(keys):
            block = self._open_block()
            room = len(block.keys) - block.count
            part = slice(start, start + room)
            filled = slice(block.count, block.count + len(keys[part]))
            block.keys[filled] = keys[part]
            block.rows[filled] = _as_tensor(vectors[part])
            block.count = filled.stop
            start += room
        self._highest_key = max(self._highest_key, int(keys.max()))
        self._alive += len(keys)

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Take keys out; their rows stay in memory, and are passed over. See `Index.remove`.

        Raises:
            ValueError: Keys are wrong.
        """
        keys = checked_keys(keys)
        self._alive -= sum(block.remove(keys) for block in self._blocks)

    def search(self, queries: Vectors, k: int) -> Neighbours:
        """Return the k nearest of each query. See `Index.search`.

        Raises:
            ValueError: Queries or k are wrong.
        """
        checked_k(k)
        wanted = torch.from_numpy(
            checked_vectors(queries, self._dimensions, "queries").astype(np.float32)
        )
        answer = no_neighbours(len(wanted), k)
        for start in range(0, len(wanted) if self._alive else 0, QUERIES_AT_ONCE):
            part = slice(start, start + QUERIES_AT_ONCE)
            answer.keys[part], answer.similarities[part] = self._search(wanted[part], k)
        return answer

    def _search(self, queries: torch.Tensor, k: int) -> Neighbours:
        best = np.full((len(queries), min(k, self._alive)), -np.inf, dtype=np.float32)
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
        for block in self._blocks:
            for start, products in _products(block, queries):
                best = _largest(np.hstack([best, _largest(products, best.shape[1])]), best.shape[1])
                # Too low at first and right in the end: it only rises.
                lowest = best.min(axis=1, keepdims=True) - 2 * PRODUCT_ERROR
                query, place = np.nonzero((products >= lowest) & (products > -np.inf))
                row = start + place
                similarities = _compare(block.rows, row, queries, query)
                found.append((query, block.keys[row], similarities))
        query, keys, similarities = (np.concatenate(column) for column in zip(*found, strict=True))
        return ranked(query, keys, similarities, queries=len(queries), k=k)

    def _open_block(self) -> _Block:
        """Return a block with room for a row at least."""
        if not self._blocks or self._blocks[-1].count == len(self._blocks[-1].keys):
            # Pages of memory are taken when they are written, so an empty block costs nothing.
            rows = torch.empty((BLOCK_ROWS, self._dimensions), dtype=self._dtype)
            self._blocks.append(_Block(np.empty(BLOCK_ROWS, dtype=np.int64), rows, 0))
        return self._blocks[-1]


def _products(block: _Block, queries: torch.Tensor) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield each query's inner products with rows from a first one on, Q×rows.

    They are right to `PRODUCT_ERROR`, and −∞ for rows that were removed.
    """
    if len(queries) <= FEW_QUERIES:
        # In one piece: threads meet once, which matters where other work keeps cores busy.
        rows = block.rows[: block.count]
        products = np.stack([rows.mv(query.to(rows.dtype)).float().numpy() for query in queries])
        products[:, block.removed[: block.count]] = -np.inf
        yield 0, products
        return
    for start in range(0, block.count, ROWS_AT_ONCE):
        part = slice(start, min(start + ROWS_AT_ONCE, block.count))
        products = (queries @ block.rows[part].float().T).numpy()
        products[:, block.removed[part]] = -np.inf
        yield start, products


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return the largest values of each row, at most `count`, in no order."""
    count = min(count, values.shape[1])
    return np.partition(values, -count, axis=1)[:, -count:]


def _compare(
    rows: torch.Tensor, row: NDArray[np.int64], queries: torch.Tensor, query: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the inner products of pairs of row and query, the same for the same vectors."""
    found = np.empty(len(row), dtype=np.float32)
    for start in range(0, len(row), _COMPARED_AT_ONCE):
        part = slice(start, start + _COMPARED_AT_ONCE)
        products = rows[row[part]].double() * queries[query[part]].double()
        found[part] = products.sum(dim=1).numpy()
    return found


def _as_tensor(vectors: Vectors) -> torch.Tensor:
    with warnings.catch_warnings():
        # Of arrays that must not be written, such as memory maps: nothing here writes them.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(vectors)
