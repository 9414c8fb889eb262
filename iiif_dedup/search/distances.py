"""One image against the whole pool, block by block, so that memory stays bounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 8192
"""Rows whose float32 copies still fit the caches."""


def products(vectors: NDArray[np.floating], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the inner product of each row with the query, computed in float32, N.

    Args:
        vectors: float16 or float32, N×D, an array or a read-only memory map.
        query: float32, D.
    """
    # Imported here, so that a process that only reads results never loads torch.
    import torch  # noqa: PLC0415

    found = torch.empty(len(vectors))
    ours = torch.from_numpy(np.ascontiguousarray(query, dtype=np.float32))
    for start in range(0, len(vectors), _BLOCK):
        part = slice(start, start + _BLOCK)
        # A copy, since torch takes no read-only memory; the block is small.
        rows = torch.from_numpy(np.array(vectors[part]))
        torch.mv(rows.float(), ours, out=found[part])
    result: NDArray[np.float32] = found.numpy()
    return result


def similarities(
    vectors: NDArray[np.floating], queries: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the inner product of each row with the query that is nearest to it, N.

    Args:
        vectors: As for `products`.
        queries: float32, V×D, at least one.
    """
    found = products(vectors, queries[0])
    for query in queries[1:]:
        np.maximum(found, products(vectors, query), out=found)
    return found


def bits_apart(pool: NDArray[np.uint8], queries: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Return how many bits of each row differ from the query that is nearest to it, N.

    Args:
        pool: N×B, B a multiple of 8.
        queries: V×B, at least one.
    """
    words = np.ascontiguousarray(pool).view(np.uint64)
    ours = np.ascontiguousarray(queries).view(np.uint64)
    found = np.full(len(pool), np.iinfo(np.uint16).max, dtype=np.uint16)
    for start in range(0, len(words), _BLOCK):
        part = slice(start, start + _BLOCK)
        for query in ours:
            apart = np.bitwise_count(words[part] ^ query).sum(axis=1, dtype=np.uint16)
            np.minimum(found[part], apart, out=found[part])
    return found
