"""Vectors that crowd together as those of real pictures do, drawn for `benchmarks.index`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 256
_MEAN = 0.55
"""Length of what all vectors share."""
_CLUSTER = 50
"""Vectors of a cluster on average; clusters are objects or types, few large and many small."""
_COPIES = 0.05
"""Share that are near copies, such as of another photograph of the same object."""
_SAME = 0.005
"""Share that are one and the same, such as a partner's "no image" picture."""
_CHUNK = 50_000


def draw_vectors(count: int, seed: int) -> NDArray[np.float16]:
    """Return unit vectors, count×256.

    The variance along direction i is proportional to 1/(20 + i), and the part that all share has
    length 0.55: so are EfficientNet-Lite0's features of 1,000 photographs, of which two have a
    similarity of 0.26 in the median. Clusters have sizes by Zipf's law with exponent 0.8, and
    spreads of 0.4 to 1.2 times that between clusters.
    """
    rng = np.random.default_rng(seed)
    scale = _scale()
    mean = rng.standard_normal(DIMENSIONS, dtype=np.float32)
    mean *= _MEAN / np.linalg.norm(mean)
    clusters = max(count // _CLUSTER, 1)
    shares = np.arange(1, clusters + 1) ** -0.8
    centres = rng.standard_normal((clusters, DIMENSIONS), dtype=np.float32) * scale
    spreads = rng.uniform(0.4, 1.2, clusters).astype(np.float32)
    cluster = rng.choice(clusters, count, p=shares / shares.sum())
    vectors = np.empty((count, DIMENSIONS), dtype=np.float16)
    for start in range(0, count, _CHUNK):
        its = cluster[start : start + _CHUNK]
        noise = rng.standard_normal((len(its), DIMENSIONS), dtype=np.float32)
        chunk = _unit(mean + centres[its] + spreads[its, np.newaxis] * scale * noise)
        copies = np.flatnonzero(rng.random(len(its)) < _COPIES)
        chunk[copies] = _near(chunk[rng.integers(0, len(its), len(copies))], 0.2, rng)
        vectors[start : start + _CHUNK] = chunk
    vectors[rng.random(count) < _SAME] = vectors[0]
    return vectors


def draw_queries(vectors: NDArray[np.float16], count: int, seed: int) -> NDArray[np.float32]:
    """Return near copies of some vectors, count×256; their similarity to these is about 0.94."""
    rng = np.random.default_rng((seed, 1))
    chosen = rng.choice(len(vectors), count, replace=count > len(vectors))
    return _near(vectors[chosen].astype(np.float32), 0.35, rng)


def _near(
    vectors: NDArray[np.float32], distance: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    noise = rng.standard_normal(vectors.shape, dtype=np.float32) * _scale()
    return _unit(vectors + np.float32(distance) * noise)


def _scale() -> NDArray[np.float32]:
    variance = 1 / (20 + np.arange(1, DIMENSIONS + 1))
    deviation: NDArray[np.float32] = np.sqrt(variance / variance.sum()).astype(np.float32)
    return deviation


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
