"""What looks most and least like a picture: the cosine under a frozen descriptor, exactly.

This is the paper's *find similar* (figure 4) with a descriptor in the place of an encoder trained
for each query, and in numpy alone, since the web process, which never loads torch, asks for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROWS = 1024
"""Rows that are converted at once: few enough that they stay in a core's cache."""


def cosines(vectors: NDArray[np.float16], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine of each row with the query, −1 to 1, N; NaN for a row of zeros.

    Args:
        vectors: N×D of length 1, zero where a picture has none; an array or a memory map.
        query: D, of length 1.
    """
    found = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), _ROWS):
        block = slice(start, start + _ROWS)
        np.dot(_single(vectors[block]), query, out=found[block])
    np.clip(found, -1, 1, out=found)
    # Only where the product is zero can the row be so.
    zero = np.flatnonzero(found == 0)
    found[zero[~vectors[zero].any(axis=1)]] = np.nan
    return found


def nearest_first(similarities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the places of all numbers, largest first, of equals the first; NaN is left out."""
    order = np.argsort(-similarities, kind="stable")
    return order[: len(order) - int(np.isnan(similarities).sum())].astype(np.int64)


def _single(half: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return finite numbers as float32, four times as fast as numpy converts them.

    The bits go where float32 has them; the exponents, which count from another zero there, are
    put right by the product with 2¹¹².
    """
    bits = half.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= ~0x70000000
    single = bits.view(np.float32)
    single *= np.float32(2.0**112)
    return single
