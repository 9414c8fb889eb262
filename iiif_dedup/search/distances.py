"""One image against the whole pool, block by block, so that memory stays bounded.

Torch is imported when it is needed, so that a process that only reads results never loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

_VECTORS = 4096
"""Rows of vectors in a block: few enough that their float32 copies still fit the caches."""
_BITS = 32768
"""Rows of bits in a block: enough that calls cost little beside what they do."""
_WORTH_THREADS = 50_000
"""Fewest rows that take longer than starting threads for them."""


def products(vectors: NDArray[np.floating], queries: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the inner product of each row with each query, computed in float32, V×N.

    Args:
        vectors: float16 or float32, N×D, an array or a read-only memory map.
        queries: float32, V×D.
    """
    import torch  # noqa: PLC0415

    found = torch.empty((len(queries), len(vectors)))
    ours = torch.from_numpy(np.ascontiguousarray(queries, dtype=np.float32))

    def fill(blocks: Sequence[slice]) -> None:
        single = torch.empty((_VECTORS, vectors.shape[1]))
        for block in blocks:
            # Torch takes no read-only memory: of that a copy, of any other the rows themselves.
            stored = np.require(vectors[block], requirements=["C", "W"])
            rows = single[: len(stored)].copy_(torch.from_numpy(stored))
            for query, row in zip(ours, found, strict=True):
                torch.mv(rows, query, out=row[block])

    _by_blocks(fill, len(vectors), _VECTORS)
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

    def fill(blocks: Sequence[slice]) -> None:
        for block in blocks:
            # Word by word: a sum over rows this short costs more than all the rest.
            columns = np.ascontiguousarray(words[block].T)
            nearest = found[block]
            for query in ours:
                apart = np.zeros(columns.shape[1], dtype=np.uint16)
                for column, word in zip(columns, query, strict=True):
                    apart += np.bitwise_count(column ^ word)
                np.minimum(nearest, apart, out=nearest)

    _by_blocks(fill, len(pool), _BITS)
    return found


def _by_blocks(fill: Callable[[Sequence[slice]], None], rows: int, size: int) -> None:
    """Call `fill` with all blocks of `size` rows; many rows are shared out to a thread a core."""
    import torch  # noqa: PLC0415

    blocks = [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
    if rows < _WORTH_THREADS:
        fill(blocks)
        return
    threads = torch.get_num_threads()
    # Blocks are too small for torch to share each of them out once more.
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(fill, (blocks[first::threads] for first in range(threads))))
