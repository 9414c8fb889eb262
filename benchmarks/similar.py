"""`make bench-similar`: how long `GET /records/{id}/similar` takes in 10⁴ and 10⁵ pictures.

A data folder is filled with pictures' rows and random vectors, packs are made as workers make
them, and the web application is asked, in this process and without a network: first once, when it
has mapped nothing yet, then for many records one after the other; then within one source, and
within a facet that no record has, so that all that may be looked at is. Writes
`benchmarks/results/similar.json`.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table

from api import create_app
from api.context import service_of
from api.scopes import ALL
from benchmarks.http_latency import SOURCE, fill
from benchmarks.report import RESULTS, machine, write_results
from iiif_dedup.pipeline import Packs, load_descriptors
from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store.database import Database
from iiif_dedup.types import Json

DESCRIPTOR = "efficientnet_lite0"
SCOPES = {"source": f"source:{SOURCE}", "facet": "facet:Date=never"}
SCOPED_QUERIES = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similar", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work-dir", type=Path, default=Path("build/similar"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    table = Table("pictures", "first s", "median s", "95 % s", "source s", "facet s", box=None)
    sizes: dict[str, Json] = {}
    for size in options.sizes:
        figures = measure(options.work_dir / str(size), size, options.queries, options.seed)
        sizes[str(size)] = figures
        columns = ("first_s", "p50_s", "p95_s", "source_p50_s", "facet_p50_s")
        table.add_row(f"{size:,}", *(f"{figures[name]:.3f}" for name in columns))
    console = Console()
    console.print(table)
    results: dict[str, Json] = {
        "machine": machine(), "seed": options.seed, "queries": options.queries,
        "scoped_queries": SCOPED_QUERIES, "descriptor": DESCRIPTOR, "sizes": sizes,
    }  # fmt: skip
    console.print(f"Written to {write_results('similar', results, options.results)}")


def measure(folder: Path, size: int, queries: int, seed: int) -> dict[str, float]:
    """Return the seconds that answers took in a new folder of `size` pictures."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_settings({}, data_dir=folder, descriptors=DESCRIPTOR)
    records = fill(settings, size, seed)
    packs_s = make_packs(settings)
    asked = [str(one) for one in np.random.default_rng(seed).permutation(records)]
    app = create_app(settings)
    try:
        client = app.test_client()
        first_s = ask(client, asked[0])
        seconds = [ask(client, one) for one in asked[1 : queries + 1]]
        scoped = {
            f"{name}_p50_s": float(
                np.median([ask(client, one, scope) for one in asked[1 : SCOPED_QUERIES + 1]])
            )
            for name, scope in SCOPES.items()
        }
    finally:
        service_of(app).close()
    return {
        "packs_s": packs_s,
        "first_s": first_s,
        "p50_s": float(np.median(seconds)),
        "p95_s": float(np.percentile(seconds, 95)),
        "longest_s": max(seconds),
        **scoped,
    }


def make_packs(settings: Settings) -> float:
    """Make the packs as a worker does before somebody asks, and return the seconds it took."""
    begun = time.perf_counter()
    packs = Packs(settings.packs_folder, lambda: load_descriptors(settings))
    with Database(settings.database) as database, database.read() as session:
        packs.pool(session)
    return time.perf_counter() - begun


def ask(client: FlaskClient, record_id: str, scope: str = ALL) -> float:
    """Return the seconds that an answer took.

    Raises:
        RuntimeError: It was no result.
    """
    begun = time.perf_counter()
    answer = client.get(f"/records/{record_id}/similar", query_string={"scope": scope})
    seconds = time.perf_counter() - begun
    found = answer.get_json()
    if answer.status_code != 200 or found["status"] != "compared":
        raise RuntimeError(f"expected similar pictures, got {answer.status_code}: {found}")
    return seconds


if __name__ == "__main__":
    main()
