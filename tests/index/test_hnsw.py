"""The graph in memory: what is loaded, what is brought up to date, what is made anew."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.index import hnsw
from iiif_dedup.index.base import Vectors
from iiif_dedup.index.saved import SavedFiles
from tests.index.vectors import numbers, random_units, recall, unit

SIZE, DIMENSIONS = 400, 8
VECTORS = random_units(SIZE, DIMENSIONS)
ALL = np.arange(SIZE)


class Database:
    """Stands for the rows that an index is made from; keeps what it was asked for."""

    def __init__(self, vectors: NDArray[np.float32] = VECTORS) -> None:
        self.vectors = vectors
        self.asked: list[list[int]] = []

    def rows(self, keys: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        self.asked.append(keys.tolist())
        for some in np.array_split(keys, 3):
            yield some, self.vectors[some]


def open_index(
    folder: Path,
    database: Database,
    keys: NDArray[np.int64] = ALL,
    *,
    version: str = "1",
    dimensions: int = DIMENSIONS,
) -> hnsw.HnswIndex:
    return hnsw.open_or_rebuild(
        folder,
        name="pictures",
        version=version,
        dimensions=dimensions,
        keys=keys,
        vectors=database.rows,
    )


def finds_itself(
    index: hnsw.HnswIndex, keys: NDArray[np.int64], vectors: Vectors = VECTORS
) -> bool:
    return bool((index.search(vectors[keys], 1).keys[:, 0] == keys).all())


def test_a_saved_index_is_loaded(tmp_path: Path) -> None:
    database = Database()
    first = open_index(tmp_path, database)
    second = open_index(tmp_path, database)
    assert database.asked == [ALL.tolist(), []]
    asked = random_units(20, DIMENSIONS, seed=1)
    assert (first.search(asked, 30).keys == second.search(asked, 30).keys).all()
    assert len(second) == SIZE


def test_a_loaded_index_is_brought_up_to_date_and_saved(tmp_path: Path) -> None:
    database = Database()
    open_index(tmp_path, database, ALL[:300])
    index = open_index(tmp_path, database, ALL[20:])
    assert database.asked[1] == ALL[300:].tolist()
    assert (index.keys() == ALL[20:]).all()
    assert finds_itself(index, ALL[20:])
    again = open_index(tmp_path, database, ALL[10:])
    assert database.asked[2] == ALL[10:20].tolist()
    assert finds_itself(again, ALL[10:])


def test_removals_and_equal_vectors_are_saved(tmp_path: Path) -> None:
    vectors = VECTORS.copy()
    vectors[:50] = vectors[0]
    database = Database(vectors)
    open_index(tmp_path, database)
    open_index(tmp_path, database, ALL[10:])
    index = open_index(tmp_path, database, ALL[10:])
    assert database.asked[2] == []
    assert index.search(vectors[:1], 50).keys[0, :40].tolist() == list(range(10, 50))


def test_an_index_of_many_tombstones_is_made_anew(tmp_path: Path) -> None:
    database = Database()
    open_index(tmp_path, database)
    index = open_index(tmp_path, database, ALL[200:])
    assert index.tombstones == 0
    assert database.asked[1] == ALL[200:].tolist()
    assert open_index(tmp_path, database, ALL[220:]).tombstones == pytest.approx(0.1)


def test_another_version_is_made_anew(tmp_path: Path) -> None:
    database = Database()
    open_index(tmp_path, database)
    other = Database(random_units(SIZE, 5, seed=2))
    assert finds_itself(open_index(tmp_path, other, version="2", dimensions=5), ALL, other.vectors)
    assert other.asked == [ALL.tolist()]
    # A version that lied about its dimensions.
    assert len(open_index(tmp_path, database, version="2")) == SIZE
    assert len(database.asked) == 2


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 100)


def scribble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(os.urandom(64))


@pytest.mark.parametrize("spoil", [truncate, scribble, Path.unlink])
@pytest.mark.parametrize("pattern", ["*.graph", "*.npz", "*.json"])
def test_spoiled_files_are_made_anew(
    tmp_path: Path, spoil: Callable[[Path], None], pattern: str
) -> None:
    database = Database()
    open_index(tmp_path, database)
    (path,) = (tmp_path / "pictures").glob(pattern)
    spoil(path)
    assert finds_itself(open_index(tmp_path, database), ALL)
    assert database.asked == [ALL.tolist()] * 2
    open_index(tmp_path, database)
    assert database.asked[2] == []


@pytest.mark.parametrize("name", ["graph", "elements.npz"])
def test_files_that_do_not_belong_together_are_made_anew(tmp_path: Path, name: str) -> None:
    """Their hashes are right, their content is not: such as of a program with a fault."""
    database = Database()
    index = open_index(tmp_path, database)
    other = hnsw.HnswIndex(DIMENSIONS)
    other.add(numbers(1), VECTORS[:1])
    files = SavedFiles(tmp_path / "pictures", "1", hnsw.CODE_VERSION)
    mixed = {"graph": index._write_graph, "elements.npz": index._write_elements}
    mixed[name] = getattr(other, {"graph": "_write_graph"}.get(name, "_write_elements"))
    files.write(mixed, {"dimensions": DIMENSIONS})
    assert finds_itself(open_index(tmp_path, database), ALL)
    files.write({"graph": Path.touch}, {"dimensions": DIMENSIONS})
    assert finds_itself(open_index(tmp_path, database), ALL)
    assert len(database.asked) == 3


def test_an_empty_index_is_saved_and_grows(tmp_path: Path) -> None:
    database = Database()
    assert len(open_index(tmp_path, database, ALL[:0])) == 0
    assert finds_itself(open_index(tmp_path, database), ALL)


def test_a_disk_that_is_full_is_noticed(tmp_path: Path) -> None:
    database = Database()
    open_index(tmp_path, database, ALL[:300])
    index = hnsw.HnswIndex(DIMENSIONS)
    index.add(ALL, VECTORS)
    with pytest.raises(OSError, match="is the disk full"):
        # hnswlib writes there without a word, and nothing is kept.
        index._write_graph(Path("/dev/full"))


def test_processes_take_turns(tmp_path: Path) -> None:
    database = Database()
    opened: list[int] = []

    def open_and_note() -> None:
        opened.append(len(open_index(tmp_path, database)))

    threads = [threading.Thread(target=open_and_note) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [SIZE] * 3
    assert sorted(map(len, database.asked)) == [0, 0, SIZE]


def test_what_the_graph_does_not_reach_is_left_out() -> None:
    """Two crowds so tight that hnswlib links each only with itself."""
    crowd = np.random.default_rng(0).standard_normal((300, 3)) * 1e-6
    vectors = np.concatenate([crowd + np.eye(3)[0], crowd + np.eye(3)[1]])
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    index = hnsw.HnswIndex(3)
    index.add(np.arange(600), vectors)
    answer = index.search(np.stack([vectors[0], unit(np.array([1.0, 1, 0]))]), 600)
    assert answer.keys.shape == (2, 600)
    found = answer.keys[0][answer.keys[0] >= 0].tolist()
    assert len(found) >= 200
    assert len(set(found)) == len(found)
    assert np.isneginf(answer.similarities[0, len(found) :]).all()


def test_adding_and_removing_for_long_loses_nothing() -> None:
    rng = np.random.default_rng(3)
    index = hnsw.HnswIndex(DIMENSIONS)
    held = dict[int, NDArray[np.float32]]()
    for turn in range(20):
        keys = rng.choice(1000, 100, replace=False)
        vectors = random_units(100, DIMENSIONS, seed=turn)
        index.add(keys, vectors)
        held |= dict(zip(keys.tolist(), vectors, strict=True))
        gone = rng.choice(1000, 50, replace=False)
        index.remove(gone)
        held = {key: vector for key, vector in held.items() if key not in set(gone.tolist())}
    assert len(index) == len(held)
    queries = random_units(50, DIMENSIONS, seed=99)
    assert recall(index, np.stack(list(held.values())), queries, 50) >= 0.99
