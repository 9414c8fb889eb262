"""Vectors to put into indices, and the answer that comparing everything gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from iiif_dedup.index.base import Index, Vectors

MakeIndex = Callable[[int], Index]
"""Makes an empty index of so many dimensions."""


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows of length 1 that float16 can hold exactly, but for their length's rounding."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    rounded: NDArray[np.float16] = (rows / lengths).astype(np.float16)
    return rounded.astype(np.float32)


def random_units(count: int, dimensions: int, seed: int = 0) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).standard_normal((count, dimensions)))


def numbers(*keys: int) -> NDArray[np.int64]:
    return np.array(keys, dtype=np.int64)


def everything_compared(held: Mapping[int, NDArray[np.float32]], query: Vectors) -> list[float]:
    """Return the similarities of all that is held, best first."""
    return sorted((float(vector @ query) for vector in held.values()), reverse=True)


def recall(index: Index, vectors: Vectors, queries: Vectors, k: int) -> float:
    """Return the share of the k nearest that are found, those as near as the last counting."""
    similarities = queries.astype(np.float64) @ vectors.astype(np.float64).T
    last = np.sort(similarities, axis=1)[:, -k][:, np.newaxis]
    # pgvector compares with a rounded query before it compares with the query itself.
    return float(np.mean(index.search(queries, k).similarities >= last - 1e-5))
