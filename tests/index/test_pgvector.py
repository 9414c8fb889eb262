"""The index in PostgreSQL: shared, made once, and still there after a lost connection."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import numpy as np
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from iiif_dedup.errors import SettingsError
from iiif_dedup.index.base import NO_KEY
from iiif_dedup.index.pgvector import PgvectorIndex
from tests.databases import fresh_postgresql
from tests.index.vectors import numbers, random_units

VECTORS = random_units(20, 4)


def open_index(url: str, name: str, version: str = "1") -> PgvectorIndex:
    return PgvectorIndex(url, name=name, version=version, dimensions=4)


def test_one_index_is_shared_and_versions_are_apart(postgresql_url: str) -> None:
    name = uuid.uuid4().hex
    with open_index(postgresql_url, name) as writer, open_index(postgresql_url, name) as reader:
        writer.add(np.arange(20), VECTORS)
        assert reader.search(VECTORS, 1).keys[:, 0].tolist() == list(range(20))
        with open_index(postgresql_url, name, version="2") as other:
            assert len(other) == 0


def test_several_may_make_the_same_index_at_once(postgresql_url: str) -> None:
    failures: list[BaseException] = []
    with fresh_postgresql(postgresql_url) as url:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

        def make() -> None:
            try:
                open_index(plain, "same").close()
            except BaseException as error:  # noqa: BLE001 - shown by the test
                failures.append(error)

        threads = [threading.Thread(target=make) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_a_lost_connection_is_opened_again(
    make_pgvector: Callable[[int], PgvectorIndex], postgresql_url: str
) -> None:
    index = make_pgvector(4)
    index.add(numbers(1), VECTORS[:1])
    backend = index._connection.info.backend_pid
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
    with pytest.raises(psycopg.OperationalError):
        len(index)
    assert len(index) == 1
    index.close()
    assert index.search(VECTORS[:1], 2).keys.tolist() == [[1, NO_KEY]]


def test_the_graph_is_used(make_pgvector: Callable[[int], PgvectorIndex]) -> None:
    index = make_pgvector(4)
    index.add(np.arange(2000), random_units(2000, 4, seed=1))
    explain = sql.SQL(
        "EXPLAIN SELECT element FROM {} ORDER BY vector <#> '[1,0,0,0]'::halfvec LIMIT 5"
    ).format(sql.Identifier(index.table))
    with psycopg.connect(index._conninfo) as connection:
        plan = "\n".join(row[0] for row in connection.execute(explain))
    assert "Index Scan using" in plan


def test_vectors_without_a_key_are_deleted(make_pgvector: Callable[[int], PgvectorIndex]) -> None:
    index = make_pgvector(4)

    def vectors() -> int:
        count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(index.table))
        row = index._connection.execute(count).fetchone()
        assert row is not None
        return int(row[0])

    index.add(np.arange(20), VECTORS[[0, 1] * 10])
    assert vectors() == 2
    index.add(np.arange(20), VECTORS[[1, 2] * 10])
    assert vectors() == 2
    index.remove(np.arange(0, 20, 2))
    assert vectors() == 1
    index.remove(np.arange(20))
    assert vectors() == 0


def test_several_may_write_at_once(postgresql_url: str) -> None:
    name = uuid.uuid4().hex
    failures: list[BaseException] = []

    def write(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            with open_index(postgresql_url, name) as index:
                for _ in range(15):
                    keys = rng.choice(40, 8, replace=False)
                    index.add(keys, VECTORS[keys % 5])
                    index.remove(rng.choice(40, 8, replace=False))
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_index(postgresql_url, name) as index:
        found = index.search(VECTORS[:1], 40).keys[0]
        assert np.count_nonzero(found != NO_KEY) == len(index)


def test_a_database_without_pgvector_says_what_to_do(postgresql_url: str) -> None:
    role = f"reader_{uuid.uuid4().hex}"
    with fresh_postgresql(postgresql_url) as url:
        plain = make_url(url).set(drivername="postgresql")
        with psycopg.connect(postgresql_url, autocommit=True) as administrator:
            administrator.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            try:
                theirs = plain.set(username=role).render_as_string(hide_password=False)
                with pytest.raises(SettingsError, match="CREATE EXTENSION vector"):
                    open_index(theirs, "any")
            finally:
                administrator.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
