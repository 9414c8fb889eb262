"""Pictures as bags of visual words, the baseline of papers 003 and 004.

Each local feature is the word that its RootSIFT descriptor is nearest to; a picture is how often
each word occurs, rare words counting more (Sivic and Zisserman, *Video Google*, 2003). The
vocabulary is learnt from the pool itself, as in paper 003, section 4, but smaller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from iiif_dedup.evaluation.features import Pixels
from iiif_dedup.evidence.features import DIMENSIONS, VERSION, extract

WORDS = 1000
SAMPLED_PICTURES = 500
"""Pictures of the pool that the vocabulary is learnt from."""
SAMPLED_FEATURES = 100
"""Strongest features of each of them."""
_ROUNDS, _BATCH = 30, 4096


def learn_vocabulary(
    pictures: Iterable[Pixels], *, words: int = WORDS, seed: int = 0
) -> NDArray[np.float32]:
    """Return the centres of the pictures' features by mini-batch k-means, W×128.

    Args:
        pictures: RGB, each H×W×3.
        words: Most words; there are no more than features.
        seed: Of k-means; the same pictures and seed give the same words.
    """
    found = [extract(picture).vectors(SAMPLED_FEATURES) for picture in pictures]
    features = np.concatenate([*found, np.empty((0, DIMENSIONS), np.float32)])
    # Of equal features only one can be a centre.
    count = min(words, len(np.unique(features, axis=0)))
    if count == 0:
        return np.empty((0, DIMENSIONS), np.float32)
    learner = MiniBatchKMeans(
        count, random_state=seed, n_init=1, max_iter=_ROUNDS, batch_size=_BATCH
    )
    centres: NDArray[np.float32] = learner.fit(features).cluster_centers_.astype(np.float32)
    return centres


class BagOfWordsDescriber:
    """How often each word occurs in a picture, N×W; see `features.Describer`."""

    name = "bag_of_words"

    def __init__(self, vocabulary: NDArray[np.float32]) -> None:
        """Take the words.

        Args:
            vocabulary: As `learn_vocabulary` returns it.
        """
        self._vocabulary = vocabulary
        self._squares = (vocabulary**2).sum(axis=1)
        digest = hashlib.sha256(vocabulary.round(4).tobytes()).hexdigest()
        self.version = f"{VERSION}-{len(vocabulary)}-{digest[:12]}"

    def describe(self, pictures: Sequence[Pixels]) -> NDArray[np.uint16]:
        """Return the counts of words."""
        return np.stack([self._counts(picture) for picture in pictures])

    def _counts(self, picture: Pixels) -> NDArray[np.uint16]:
        words = len(self._vocabulary)
        if not words:
            return np.zeros(0, dtype=np.uint16)
        vectors = extract(picture).vectors()
        nearest = (self._squares - 2 * vectors @ self._vocabulary.T).argmin(axis=1)
        return np.bincount(nearest, minlength=words).astype(np.uint16)


def weighted(counts: NDArray[np.uint16], pool: int) -> NDArray[np.float32]:
    """Return unit vectors in which a word counts the more, the fewer pictures it occurs in.

    Term frequency times inverse document frequency; a picture without any word is all zeros.

    Args:
        counts: Of words in each picture, N×W, the pool first.
        pool: How many pictures are the pool, in which occurrences are counted.
    """
    occurs = (counts[:pool] > 0).sum(axis=0)
    rarity = np.log(max(1, pool) / np.maximum(occurs, 1))
    vectors = counts.astype(np.float32) * rarity.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float32] = np.divide(
        vectors, lengths, where=lengths > 0, out=np.zeros_like(vectors)
    )
    return units
