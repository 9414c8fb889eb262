"""The approximate index in memory: hnswlib's graph, saved in files.

Hierarchical navigable small worlds after Malkov and Yashunin, arXiv:1603.09320. A removed vector
stays in the graph as a tombstone that searches walk through and do not return, until
`open_or_rebuild` makes a new graph because a quarter are tombstones. hnswlib can also put new
vectors into the places of removed ones; that is not used, since it takes 14 times as long as
adding them (3.4 ms against 0.25 ms among 4,000).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import version as version_of
from logging import getLogger
from pathlib import Path
from urllib.parse import quote

import hnswlib
import numpy as np
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
from iiif_dedup.index.elements import Changes, Elements
from iiif_dedup.index.saved import Saved, SavedFiles

CODE_VERSION = f"hnswlib-{version_of('hnswlib')}-layout-1"
"""Raise the layout with any change to the files or to the constants below."""
LINKS = 16
"""The paper's M, links of an element; 2·M on the ground layer."""
EF_CONSTRUCTION = 200
"""Elements that are looked at to find the links of a new one."""
EF_SEARCH = 600
"""Elements that a search keeps; for recall@50 ≥ 0.99 among 10⁵ (`make bench-index`)."""
MOST_TOMBSTONES = 0.25
"""Share of elements beyond which a saved graph is made anew."""

_log = getLogger(__name__)


class HnswIndex:
    """An index that finds nearly all neighbours, in a time that hardly grows with its size."""

    def __init__(self, dimensions: int) -> None:
        """Make an empty index of D dimensions; `open_or_rebuild` gives a saved one."""
        self._dimensions = dimensions
        self._elements = Elements()
        self._graph = hnswlib.Index("ip", dimensions)
        self._graph.init_index(1024, M=LINKS, ef_construction=EF_CONSTRUCTION)

    @property
    def dimensions(self) -> int:
        """D."""
        return self._dimensions

    @property
    def tombstones(self) -> float:
        """Share of the graph's elements that have no key any more, in [0, 1]."""
        total = self._elements.total
        return 1 - self._elements.in_use / total if total else 0.0

    def keys(self) -> NDArray[np.int64]:
        """Return all keys, ascending."""
        return self._elements.keys()

    def __len__(self) -> int:
        return len(self._elements)

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Put vectors in; a key that is there already gets the new vector. See `Index.add`.

        All cores work on it, so that two graphs of the same vectors may differ a little.

        Raises:
            ValueError: Keys or vectors are wrong.
        """
        keys, vectors = checked_pairs(keys, vectors, self._dimensions)
        vectors = vectors.astype(np.float32)
        self._reserve(len(keys))
        changes = self._elements.add(keys, vectors)
        if len(changes.new):
            labels = np.arange(self._elements.total - len(changes.new), self._elements.total)
            self._graph.add_items(vectors[changes.new], labels)
        self._mark(changes)

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Take keys out. See `Index.remove`.

        Raises:
            ValueError: Keys are wrong.
        """
        self._mark(self._elements.remove(checked_keys(keys)))

    def search(self, queries: Vectors, k: int) -> Neighbours:
        """Return about the k nearest of each query. See `Index.search`.

        Where the graph does not lead to k, fewer are returned, as if there were no more.

        Raises:
            ValueError: Queries or k are wrong.
        """
        queries = checked_vectors(queries, self._dimensions, "queries").astype(np.float32)
        most = min(checked_k(k), self._elements.in_use)
        if not most or not len(queries):
            return no_neighbours(len(queries), k)
        self._graph.set_ef(max(EF_SEARCH, 2 * most))
        try:
            labels, distances = self._graph.knn_query(queries, k=most)
        except RuntimeError:
            # hnswlib's word for finding fewer; it does not say how many, nor for which query.
            found = [self._reachable(query[np.newaxis], most) for query in queries]
            query_of = np.repeat(np.arange(len(queries)), [len(its[0]) for its in found])
            labels, distances = (np.concatenate(column) for column in zip(*found, strict=True))
        else:
            query_of = np.repeat(np.arange(len(queries)), most)
        place, keys = self._elements.keys_of(labels.reshape(-1).astype(np.int64))
        similarities = 1 - distances.reshape(-1)[place]
        return ranked(query_of[place], keys, similarities, queries=len(queries), k=k)

    def save(self, files: SavedFiles) -> None:
        """Write the index to files; the caller holds their lock.

        Raises:
            OSError: The disk is full, or the folder cannot be written.
        """
        files.write(
            {"graph": self._write_graph, "elements.npz": self._write_elements},
            {"dimensions": self._dimensions, "keys": len(self)},
        )

    @classmethod
    def load(cls, saved: Saved) -> HnswIndex:
        """Return the index that was saved in files whose hashes are right.

        Raises:
            RuntimeError: hnswlib cannot read the graph.
            ValueError: Graph and elements do not belong together.
            KeyError: The files lack something.
        """
        index = cls(int(saved.facts["dimensions"]))
        with np.load(saved.files["elements.npz"], allow_pickle=False) as arrays:
            index._elements = Elements.of_arrays(arrays)
        # A graph of nothing stays the new one: hnswlib cannot add to such a loaded one.
        if index._elements.total:
            index._graph = hnswlib.Index("ip", index._dimensions)
            index._graph.load_index(str(saved.files["graph"]))
            if index._graph.get_current_count() != index._elements.total:
                raise ValueError(
                    f"the graph has {index._graph.get_current_count()} elements, expected "
                    f"{index._elements.total}"
                )
        return index

    def _reserve(self, more: int) -> None:
        needed = self._elements.total + more
        if needed > self._graph.get_max_elements():
            self._graph.resize_index(max(needed, self._graph.get_max_elements() * 3 // 2))

    def _mark(self, changes: Changes) -> None:
        for element in changes.emptied.tolist():
            self._graph.mark_deleted(element)
        for element in changes.revived.tolist():
            self._graph.unmark_deleted(element)

    def _reachable(
        self, query: NDArray[np.float32], most: int
    ) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
        """Return labels and distances of as many elements as the graph leads to."""
        labels, distances = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.float32)
        reached, beyond = 0, most + 1
        while beyond - reached > 1:
            tried = (reached + beyond) // 2
            try:
                found = self._graph.knn_query(query, k=tried)
            except RuntimeError:
                beyond = tried
            else:
                reached, (labels, distances) = tried, (found[0][0], found[1][0])
        return labels, distances

    def _write_graph(self, path: Path) -> None:
        self._graph.save_index(str(path))
        # hnswlib does not notice a full disk.
        if path.stat().st_size != self._graph.index_file_size():
            raise OSError(f"{path} was written in part only; is the disk full?")

    def _write_elements(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **self._elements.arrays())


def open_or_rebuild(
    folder: Path,
    *,
    name: str,
    version: str,
    dimensions: int,
    keys: NDArray[np.int64],
    vectors: Callable[[NDArray[np.int64]], Iterable[tuple[NDArray[np.int64], Vectors]]],
) -> HnswIndex:
    """Return an index of these keys: the saved one with what has changed since, or a new one.

    A new one is made where nothing is saved that can be used, and where more than
    `MOST_TOMBSTONES` of it would be tombstones. What has changed is saved. Processes that share
    the folder take turns, so that one builds and the others load.

    Args:
        folder: Holds a folder for each index.
        name: Of the index, any text.
        version: What the vectors were made by; files of another version are never used.
        dimensions: D.
        keys: N, distinct, ≥ 0: all that the database has.
        vectors: Given some of the keys, ascending, yields them with their vectors in chunks;
            keys that it does not yield are not in the index.

    Raises:
        ValueError: A key or vector is wrong; see `Index.add`.
        OSError: The folder cannot be written.
    """
    files = SavedFiles(folder / quote(name, safe=""), version, CODE_VERSION)
    keys = np.sort(checked_keys(keys))
    with files.locked():
        index = _load(files, dimensions)
        saved_keys = None if index is None else index.keys()
        if index is not None:
            index.remove(np.setdiff1d(index.keys(), keys, assume_unique=True))
        if index is None or index.tombstones > MOST_TOMBSTONES:
            _log.info("building the index %s of %d vectors anew", name, len(keys))
            index, saved_keys = HnswIndex(dimensions), None
        for some, their_vectors in vectors(np.setdiff1d(keys, index.keys(), assume_unique=True)):
            index.add(some, their_vectors)
        if saved_keys is None or not np.array_equal(index.keys(), saved_keys):
            index.save(files)
    return index


def _load(files: SavedFiles, dimensions: int) -> HnswIndex | None:
    """Return the saved index, or None where there is none that can be used."""
    saved = files.read()
    if saved is None:
        return None
    try:
        index = HnswIndex.load(saved)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        _log.warning("the saved index cannot be used: %r", error)
        return None
    if index.dimensions != dimensions:
        _log.warning("the saved index has %d dimensions, expected %d", index.dimensions, dimensions)
        return None
    return index
