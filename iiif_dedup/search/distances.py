"""One image against the whole pool, block by block, so that memory stays bounded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

_BLOCK = 4096
"""Rows whose float32 copies still fit the caches."""


def products(vectors: NDArray[np.floating], queries: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the inner product of each row with each query, computed in float32, V×N.

    Args:
        vectors: float16 or float32, N×D, an array or a read-only memory map.
        queries: float32, V×D.
    """
    # Imported here, so that a process that only reads results never loads torch.
    import torch  # noqa: PLC0415

    found = torch.empty((len(queries), len(vectors)))
    ours = torch.from_numpy(np.ascontiguousarray(queries, dtype=np.float32))
    threads = torch.get_num_threads()
    share = -(-len(vectors) // threads)

    def fill(first: int) -> None:
        # Blocks are too small for several threads at one, and a query is not: each takes its own.
        torch.set_num_threads(1)
        single = torch.empty((min(_BLOCK, share), vectors.shape[1]))
        for start in range(first, min(first + share, len(vectors)), _BLOCK):
            end = min(start + _BLOCK, first + share, len(vectors))
            # Torch takes no read-only memory: of that a copy, of any other the rows themselves.
            stored = np.require(vectors[start:end], requirements=["C", "W"])
            rows = single[: end - start].copy_(torch.from_numpy(stored))
            for query, row in zip(ours, found, strict=True):
                torch.mv(rows, query, out=row[start:end])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(0, len(vectors), max(share, 1))))
    result: NDArray[np.float32] = found.numpy()
    return result


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
        # Word by word: a sum over rows this short costs more than all the rest.
        columns = np.ascontiguousarray(words[start : start + _BLOCK].T)
        nearest = found[start : start + _BLOCK]
        for query in ours:
            apart = np.zeros(columns.shape[1], dtype=np.uint16)
            for column, word in zip(columns, query, strict=True):
                apart += np.bitwise_count(column ^ word)
            np.minimum(nearest, apart, out=nearest)
    return found
