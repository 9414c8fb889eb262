"""Which keys share a vector: an index graph holds each distinct vector once.

A graph of near neighbours breaks where many vectors are the same, such as those of a partner's
"no image" picture: each of them fills its list with the others, and no path leads out or in. With
5,000 the same among 25,000, hnswlib's recall fell to 0.56. So equal vectors are one *element* of
the graph, and this is the table of elements and keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


class Changes(NamedTuple):
    """What the graph must do after keys were added or removed.

    Attributes:
        new: Which of the added vectors are new elements; these get the highest numbers, in order.
        revived: Elements that had no key and have one again.
        emptied: Elements that have no key any more.
    """

    new: NDArray[np.int64]
    revived: NDArray[np.int64]
    emptied: NDArray[np.int64]


class Elements:
    """Rows (a key and its element, in the order they came) and elements (a distinct vector).

    A key that was removed or got another vector leaves a row behind that does not count.
    """

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.int64)
        self._element = np.empty(0, dtype=np.int64)
        self._counts = np.empty(0, dtype=np.bool_)
        self._previous = np.empty(0, dtype=np.int64)  # row of the same element, −1: none
        self._latest = np.empty(0, dtype=np.int64)  # by element: its row
        self._sharing = np.empty(0, dtype=np.int64)  # by element: rows that count
        self._digests = np.empty(0, dtype=np.uint64)  # by element: of its vector

    def __len__(self) -> int:
        """Return how many keys there are."""
        return int(np.count_nonzero(self._counts))

    @property
    def total(self) -> int:
        """How many elements there are, those without a key included."""
        return len(self._latest)

    @property
    def in_use(self) -> int:
        """How many elements have a key."""
        return int(np.count_nonzero(self._sharing))

    def keys(self) -> NDArray[np.int64]:
        """Return all keys, ascending."""
        return np.sort(self._keys[self._counts])

    def add(self, keys: NDArray[np.int64], vectors: NDArray[np.float32]) -> Changes:
        """Give N distinct keys their vectors, N×D; keys that are there get them instead."""
        digests = _digests(vectors)
        had_keys = self._sharing > 0
        self._take_out(keys)
        element = _places(self._digests, digests)
        unknown = np.flatnonzero(element < 0)
        _, first, which = np.unique(digests[unknown], return_index=True, return_inverse=True)
        # In the order they came, so that the same additions make the same graph.
        order = np.argsort(np.argsort(first))
        element[unknown] = self.total + order[which]
        new = unknown[np.sort(first)]
        self._latest = np.append(self._latest, np.full(len(new), -1))
        self._sharing = np.append(self._sharing, np.zeros(len(new), dtype=np.int64))
        self._digests = np.append(self._digests, digests[new])
        self._append_rows(keys, element)
        has_keys = self._sharing[: len(had_keys)] > 0
        return Changes(
            new, np.flatnonzero(has_keys & ~had_keys), np.flatnonzero(had_keys & ~has_keys)
        )

    def remove(self, keys: NDArray[np.int64]) -> Changes:
        """Take keys out; those that are not there are passed over."""
        had_keys = self._sharing > 0
        self._take_out(keys)
        nothing = np.empty(0, dtype=np.int64)
        return Changes(nothing, nothing, np.flatnonzero(had_keys & (self._sharing == 0)))

    def keys_of(self, elements: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return places and keys: every key of each element, beside its place in `elements`."""
        places, keys = [], []
        place, row = np.arange(len(elements)), self._latest[elements]
        while len(row):
            counts = self._counts[row]
            places.append(place[counts])
            keys.append(self._keys[row[counts]])
            previous = self._previous[row]
            place, row = place[previous >= 0], previous[previous >= 0]
        return np.concatenate([place, *places]), np.concatenate([row, *keys])

    def arrays(self) -> Mapping[str, NDArray[np.generic]]:
        """Return everything by name, to be saved; see `of_arrays`."""
        return {name.removeprefix("_"): array for name, array in vars(self).items()}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Return what `arrays` gave.

        Raises:
            KeyError: An array is missing.
        """
        elements = cls()
        for name in vars(elements):
            setattr(elements, name, arrays[name.removeprefix("_")])
        return elements

    def _take_out(self, keys: NDArray[np.int64]) -> None:
        rows = np.flatnonzero(np.isin(self._keys, keys) & self._counts)
        self._counts[rows] = False
        np.subtract.at(self._sharing, self._element[rows], 1)

    def _append_rows(self, keys: NDArray[np.int64], element: NDArray[np.int64]) -> None:
        previous = np.empty(len(keys), dtype=np.int64)
        for place, its in enumerate(element.tolist()):
            previous[place] = self._latest[its]
            self._latest[its] = len(self._keys) + place
        self._keys = np.append(self._keys, keys)
        self._element = np.append(self._element, element)
        self._counts = np.append(self._counts, np.ones(len(keys), dtype=np.bool_))
        self._previous = np.append(self._previous, previous)
        np.add.at(self._sharing, element, 1)


def _digests(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return 64 bits of a hash of each vector: a million collide with a chance of 3·10⁻⁸."""
    rows = (blake2b(row, digest_size=8).digest() for row in np.ascontiguousarray(vectors))
    return np.frombuffer(b"".join(rows), dtype=np.uint64)


def _places(known: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the place in `known`, whose entries are distinct, of each wanted one, or −1."""
    # The wanted ones are few: sorting them instead of the known ones is faster.
    distinct, which = np.unique(wanted, return_inverse=True)
    found = np.full(len(distinct), -1, dtype=np.int64)
    near = np.searchsorted(distinct, known)
    hit = np.flatnonzero(near < len(distinct))
    hit = hit[distinct[near[hit]] == known[hit]]
    found[near[hit]] = hit
    return found[which]
