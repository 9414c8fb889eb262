"""`make bench-index`: what each index costs, and what it misses.

`python -m benchmarks.index --sizes 100000` draws vectors that crowd together as real ones do,
makes each index in a process of its own, opens it again in another, and asks it one query after
the other. It prints a table and writes `benchmarks/results/index.json`. PostgreSQL is the
embedded one, with its own settings.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from rich.console import Console
from rich.table import Table

from benchmarks.index_vectors import DIMENSIONS, draw_queries, draw_vectors
from benchmarks.report import machine, write_results
from iiif_dedup.evaluation.metrics import bootstrap_mean
from iiif_dedup.index.base import Index
from iiif_dedup.index.exact import ExactIndex
from iiif_dedup.index.hnsw import HnswIndex, open_or_rebuild
from iiif_dedup.index.pgvector import PgvectorIndex
from iiif_dedup.types import Json
from tests.databases import postgresql_server

Figures = Mapping[str, Any]
"""Of one index, by name."""
Result = TypeVar("Result")

WORK_DIR = Path("build") / "bench-index"
CHUNK = 10_000
"""Vectors that are added at once."""
NEIGHBOURS = 50
TIE = 1e-5
"""What is as near as the last true neighbour, but for this, is no miss."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index", description=__doc__)
    parser.add_argument("--sizes", default="100000", help="numbers of vectors, by commas")
    parser.add_argument("--kinds", default=",".join(OPEN), help="indices to measure, by commas")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    kinds = options.kinds.split(",")
    console = Console()
    sizes: dict[str, Mapping[str, Figures]] = {}
    for size in options.sizes.split(","):
        shutil.rmtree(WORK_DIR, ignore_errors=True)
        console.print(f"Drawing {int(size):,} vectors …")
        draw(WORK_DIR, int(size), options.queries, options.seed)
        sizes[size] = dict(compare(WORK_DIR, kinds, console))
        console.print(table(int(size), sizes[size]))
    results: Mapping[str, Json] = {
        "benchmark": "index",
        "data": f"{DIMENSIONS} dimensions, drawn: see benchmarks/index_vectors.py",
        "machine": machine(),
        "load_average": list(os.getloadavg()),
        "seed": options.seed,
        "queries": options.queries,
        "neighbours": NEIGHBOURS,
        "intervals": "95 %, bootstrap over queries: [estimate, low, high]",
        "sizes": sizes,
    }
    console.print(f"Written to {write_results('index', results)}")


def draw(folder: Path, size: int, queries: int, seed: int) -> None:
    """Write vectors, queries, and the similarities of the true neighbours to files."""
    folder.mkdir(parents=True)
    vectors = draw_vectors(size, seed)
    vectors.tofile(folder / "vectors.f16")
    asked = draw_queries(vectors, queries, seed)
    np.save(folder / "queries.npy", asked)
    truth = ExactIndex.over(np.arange(size), vectors).search(asked, NEIGHBOURS)
    np.save(folder / "truth.npy", truth.similarities)


def compare(folder: Path, kinds: Sequence[str], console: Console) -> Iterator[tuple[str, Figures]]:
    """Yield each kind of index with its figures."""
    with ExitStack() as stack:
        url = stack.enter_context(postgresql_server()) if "pgvector" in kinds else ""
        for kind in kinds:
            console.print(f"Making {kind} …")
            build_s = _in_another_process(build, kind, folder, url)
            figures = _in_another_process(use, kind, folder, url)
            yield kind, {"build_s": build_s, **figures}


def build(kind: str, folder: Path, url: str) -> float:
    """Make an index that is not there yet; return the seconds that took."""
    start = time.perf_counter()
    with OPEN[kind](folder, url):
        return time.perf_counter() - start


def use(kind: str, folder: Path, url: str) -> Figures:
    """Open an index that is there, and ask it; return seconds, MiB, milliseconds and recall."""
    asked, truth = np.load(folder / "queries.npy"), np.load(folder / "truth.npy")
    before, start = psutil.Process().memory_info().rss, time.perf_counter()
    with OPEN[kind](folder, url) as index:
        load_s = time.perf_counter() - start
        found, milliseconds = ask(index, asked)
        memory = psutil.Process().memory_info().rss - before
    recall = bootstrap_mean((found >= truth[:, -1:] - TIE).mean(axis=1))
    return {
        "load_s": load_s,
        # What PostgreSQL takes is its server's.
        "memory_mib": None if kind == "pgvector" else memory / 2**20,
        "file_mib": FILE_BYTES[kind](folder, url) / 2**20,
        "query_ms_median": float(np.median(milliseconds)),
        "query_ms_p95": float(np.quantile(milliseconds, 0.95)),
        "recall_at_50": list(recall),
    }


def ask(
    index: Index, queries: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the similarities found, Q×50, and the milliseconds of each query, asked alone."""
    index.search(queries[:1], NEIGHBOURS)  # reads what is not in memory yet
    found, milliseconds = [], []
    for query in queries:
        start = time.perf_counter()
        found.append(index.search(query[np.newaxis], NEIGHBOURS).similarities[0])
        milliseconds.append(1000 * (time.perf_counter() - start))
    return np.stack(found), np.array(milliseconds)


@contextmanager
def open_exact(folder: Path, _: str) -> Iterator[ExactIndex]:
    """Yield the exact index over a memory map, as a long-lived worker has it."""
    vectors = _mapped(folder)
    yield ExactIndex.over(np.arange(len(vectors)), vectors)


@contextmanager
def open_hnsw(folder: Path, _: str) -> Iterator[HnswIndex]:
    """Yield hnswlib's graph, which is made and saved where it is not there."""

    def chunks(keys: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        for start in range(0, len(keys), CHUNK):
            some = keys[start : start + CHUNK]
            yield some, _mapped(folder)[some]

    yield open_or_rebuild(
        folder / "hnsw",
        name="bench",
        version="1",
        dimensions=DIMENSIONS,
        keys=np.arange(len(_mapped(folder))),
        vectors=chunks,
    )


@contextmanager
def open_pgvector(folder: Path, url: str) -> Iterator[PgvectorIndex]:
    """Yield the index in PostgreSQL, which is filled where it is empty."""
    vectors = _mapped(folder)
    name = str(len(vectors))
    with PgvectorIndex(url, name=name, version="1", dimensions=DIMENSIONS) as index:
        if not len(index):
            for start in range(0, len(vectors), CHUNK):
                some = vectors[start : start + CHUNK]
                index.add(np.arange(start, start + len(some)), some)
        yield index


def _pgvector_bytes(folder: Path, url: str) -> int:
    with open_pgvector(folder, url) as index, psycopg.connect(url) as connection:
        size = sql.SQL("SELECT pg_total_relation_size({}) + pg_total_relation_size({})").format(
            sql.Literal(index.table), sql.Literal(f"{index.table}_key")
        )
        row = connection.execute(size).fetchone()
        return int(row[0]) if row else 0


def _mapped(folder: Path) -> NDArray[np.float16]:
    return np.memmap(folder / "vectors.f16", np.float16, mode="r").reshape(-1, DIMENSIONS)


def _in_another_process(
    function: Callable[[str, Path, str], Result], kind: str, folder: Path, url: str
) -> Result:
    """Return what it returns, measured where nothing else has taken memory."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as executor:
        return executor.submit(function, kind, folder, url).result()


def table(size: int, figures: Mapping[str, Figures]) -> Table:
    """Return a column for each kind of index."""
    result = Table(title=f"{size:,} vectors of {DIMENSIONS} dimensions", title_justify="left")
    result.add_column("")
    for kind in figures:
        result.add_column(kind, justify="right")
    for label, name in MEASURED.items():
        cells = (its[name] for its in figures.values())
        result.add_row(label, *("–" if cell is None else f"{cell:,.2f}" for cell in cells))
    recalls = ("{:.4f} [{:.4f}, {:.4f}]".format(*its["recall_at_50"]) for its in figures.values())
    result.add_row("recall@50", *recalls)
    return result


MEASURED = {
    "seconds to make": "build_s",
    "seconds to open": "load_s",
    "memory, MiB": "memory_mib",
    "files, MiB": "file_mib",
    "a query, ms, median": "query_ms_median",
    "a query, ms, 95 %": "query_ms_p95",
}
"""Label to key."""
OPEN: Mapping[str, Callable[[Path, str], AbstractContextManager[Index]]] = {
    "exact": open_exact,
    "hnsw": open_hnsw,
    "pgvector": open_pgvector,
}
FILE_BYTES: Mapping[str, Callable[[Path, str], int]] = {
    "exact": lambda folder, _: (folder / "vectors.f16").stat().st_size,
    "hnsw": lambda folder, _: sum(file.stat().st_size for file in folder.glob("hnsw/*/*")),
    "pgvector": _pgvector_bytes,
}

if __name__ == "__main__":
    main()
