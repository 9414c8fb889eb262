"""Empty indices of each kind."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from psycopg.conninfo import make_conninfo

from iiif_dedup.index.base import Index
from iiif_dedup.index.exact import ExactIndex
from iiif_dedup.index.pgvector import PgvectorIndex
from tests.index.vectors import MakeIndex


@pytest.fixture
def make_pgvector(postgresql_url: str) -> Iterator[Callable[[int], PgvectorIndex]]:
    # Of small tables PostgreSQL would read every row, which leaves the graph untested.
    url = make_conninfo(postgresql_url, options="-c enable_seqscan=off -c synchronous_commit=off")
    with ExitStack() as stack:

        def make(dimensions: int) -> PgvectorIndex:
            name = uuid.uuid4().hex
            index = PgvectorIndex(url, name=name, version="1", dimensions=dimensions)
            return stack.enter_context(index)

        yield make


@pytest.fixture(params=["exact", "hnsw", "pgvector"])
def make_index(request: pytest.FixtureRequest) -> MakeIndex:
    if request.param == "exact":
        return ExactIndex
    if request.param == "hnsw":
        from iiif_dedup.index.hnsw import HnswIndex

        return HnswIndex
    make: Callable[[int], Index] = request.getfixturevalue("make_pgvector")
    return make
