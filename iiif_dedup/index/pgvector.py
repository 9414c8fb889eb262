"""The approximate index in PostgreSQL: pgvector's graph, shared by many machines.

One table holds the distinct vectors as `halfvec`, with the graph; another one says which keys have
which. (Of equal vectors that are rows of their own, the graph would lose others, as hnswlib's
does: with 2,000 the same among 2,500 its recall fell to 0.44.) Removing deletes rows, and
PostgreSQL's vacuum takes them out of the graph later. Until then a search walks over them, and
`hnsw.iterative_scan` lets it go on until it has found enough that live. Vectors are compared again
in float32, since pgvector rounds the query to float16.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, LiteralString, Self

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import HalfVector, Vector
from pgvector.psycopg import register_vector
from psycopg import sql

from iiif_dedup.errors import SettingsError
from iiif_dedup.index.base import (
    Neighbours,
    Vectors,
    checked_k,
    checked_keys,
    checked_pairs,
    checked_vectors,
    ranked,
)

LAYOUT = 1
"""Version of the table; raise it with any change to it or to the graph's constants."""
LINKS = 16
EF_CONSTRUCTION = 128
EF_SEARCH = 400
"""Elements that a search keeps, at most 1,000; see `iiif_dedup.index.hnsw.EF_SEARCH`."""
MOST_SCANNED = 200_000
"""Rows, dead ones included, after which a search ends with what it has."""
_TABLES: tuple[LiteralString, ...] = (
    "CREATE TABLE IF NOT EXISTS {vectors} ("
    "element bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "digest bytea NOT NULL UNIQUE, vector halfvec({dimensions}) NOT NULL)",
    "CREATE INDEX IF NOT EXISTS {graph} ON {vectors} "
    "USING hnsw (vector halfvec_ip_ops) WITH (m = {links}, ef_construction = {ef})",
    "CREATE TABLE IF NOT EXISTS {keys} ("
    "key bigint PRIMARY KEY, element bigint NOT NULL REFERENCES {vectors})",
    "CREATE INDEX IF NOT EXISTS {by_element} ON {keys} (element)",
)
_CREATE_LOCK = 0x11F_DED0
"""Of PostgreSQL's advisory locks; taken while extension and tables are made."""


class PgvectorIndex:
    """An index that lives in a database; what a call has changed, all see when it returns.

    Attributes:
        table: The name of its table of vectors, whose comment says which index it is.
    """

    def __init__(self, conninfo: str, *, name: str, version: str, dimensions: int) -> None:
        """Open the index, and make it where it does not exist.

        Args:
            conninfo: libpq's connection string or URL (`postgresql://…`, without SQLAlchemy's
                `+psycopg`).
            name: Of the index, any text.
            version: What the vectors were made by; each version has tables of its own.
            dimensions: D, at most 4,000.

        Raises:
            SettingsError: The database has no pgvector, and this user cannot install it.
            psycopg.Error: The database cannot be reached or does not answer.
        """
        self._conninfo = conninfo
        self._dimensions = dimensions
        digest = hashlib.sha256(f"{name}\n{version}\n{LAYOUT}\n{dimensions}".encode()).hexdigest()
        self.table = f"index_vector_{digest[:16]}"
        self._connection = psycopg.connect(conninfo, autocommit=True)
        try:
            self._create(f"index {name!r} of version {version!r}, layout {LAYOUT}")
            register_vector(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection; a closed index opens it again when it is used."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def dimensions(self) -> int:
        """D."""
        return self._dimensions

    def __len__(self) -> int:
        row = self._open().execute(self._sql("SELECT count(*) FROM {keys}")).fetchone()
        return int(row[0]) if row else 0

    def add(self, keys: NDArray[np.int64], vectors: Vectors) -> None:
        """Put vectors in; a key that is there already gets the new vector. See `Index.add`.

        Raises:
            ValueError: Keys or vectors are wrong.
            psycopg.Error: The database does not answer.
        """
        keys, vectors = checked_pairs(keys, vectors, self._dimensions)
        rounded = vectors.astype(np.float16)
        with self._writing() as cursor:
            cursor.execute(
                self._sql(
                    "CREATE TEMP TABLE incoming ON COMMIT DROP AS "
                    "SELECT 0::bigint AS key, digest, vector FROM {vectors} WITH NO DATA"
                )
            )
            copied = "COPY incoming (key, digest, vector) FROM STDIN (FORMAT BINARY)"
            with cursor.copy(copied) as copy:
                copy.set_types(["int8", "bytea", "halfvec"])
                for key, vector in zip(keys.tolist(), rounded, strict=True):
                    digest = hashlib.blake2b(vector, digest_size=16).digest()
                    copy.write_row((key, digest, HalfVector(vector)))
            left = cursor.execute(
                self._sql("SELECT element FROM {keys} WHERE key = ANY(%s)"), (keys.tolist(),)
            ).fetchall()
            cursor.execute(
                self._sql(
                    "INSERT INTO {vectors} (digest, vector) "
                    "SELECT DISTINCT ON (digest) digest, vector FROM incoming "
                    "ON CONFLICT (digest) DO NOTHING"
                )
            )
            cursor.execute(
                self._sql(
                    "INSERT INTO {keys} SELECT key, element FROM incoming JOIN {vectors} "
                    "USING (digest) ON CONFLICT (key) DO UPDATE SET element = EXCLUDED.element"
                )
            )
            self._drop_unused(cursor, left)

    def remove(self, keys: NDArray[np.int64]) -> None:
        """Take keys out. See `Index.remove`.

        Raises:
            ValueError: Keys are wrong.
            psycopg.Error: The database does not answer.
        """
        delete = self._sql("DELETE FROM {keys} WHERE key = ANY(%s) RETURNING element")
        removed = checked_keys(keys).tolist()
        with self._writing() as cursor:
            self._drop_unused(cursor, cursor.execute(delete, (removed,)).fetchall())

    def search(self, queries: Vectors, k: int) -> Neighbours:
        """Return about the k nearest of each query. See `Index.search`.

        Raises:
            ValueError: Queries or k are wrong.
            psycopg.Error: The database does not answer.
        """
        queries = checked_vectors(queries, self._dimensions, "queries").astype(np.float32)
        nearest = self._sql(
            "WITH nearest AS MATERIALIZED (SELECT element, vector FROM {vectors} "
            "ORDER BY vector <#> %(rounded)s::halfvec LIMIT %(k)s) "
            "SELECT key, -(vector::vector <#> %(query)s::vector) FROM nearest "
            "JOIN {keys} USING (element)"
        )
        found: list[tuple[int, int, float]] = []
        connection = self._open()
        with connection.transaction():
            connection.execute(
                "SELECT set_config('hnsw.ef_search', %s, true), "
                "set_config('hnsw.iterative_scan', 'relaxed_order', true), "
                "set_config('hnsw.max_scan_tuples', %s, true)",
                (str(min(max(EF_SEARCH, checked_k(k)), 1000)), str(MOST_SCANNED)),
            )
            for number, query in enumerate(queries):
                values = {"rounded": HalfVector(query), "query": Vector(query), "k": k}
                rows = connection.execute(nearest, values)
                found += ((number, key, similarity) for key, similarity in rows)
        columns = np.array(found, dtype=[("query", "i8"), ("key", "i8"), ("similarity", "f4")])
        return ranked(
            columns["query"], columns["key"], columns["similarity"], queries=len(queries), k=k
        )

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Return the connection, a new one where the old one was closed or lost."""
        if self._connection.closed:
            self._connection = psycopg.connect(self._conninfo, autocommit=True)
            register_vector(self._connection)
        return self._connection

    @contextmanager
    def _writing(self) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        """Yield a cursor of a transaction; writers take turns, readers do not wait."""
        connection = self._open()
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(self._sql("LOCK TABLE {vectors} IN SHARE ROW EXCLUSIVE MODE"))
            yield cursor

    def _drop_unused(
        self, cursor: psycopg.Cursor[tuple[Any, ...]], elements: list[tuple[Any, ...]]
    ) -> None:
        """Delete the vectors among `elements` that no key has any more."""
        cursor.execute(
            self._sql(
                "DELETE FROM {vectors} WHERE element = ANY(%s) AND NOT EXISTS "
                "(SELECT FROM {keys} WHERE {keys}.element = {vectors}.element)"
            ),
            ([element for (element,) in elements],),
        )

    def _sql(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(
            vectors=sql.Identifier(self.table),
            keys=sql.Identifier(f"{self.table}_key"),
            graph=sql.Identifier(f"{self.table}_graph"),
            by_element=sql.Identifier(f"{self.table}_key_element"),
            dimensions=sql.Literal(self._dimensions),
            links=sql.Literal(LINKS),
            ef=sql.Literal(EF_CONSTRUCTION),
        )

    def _create(self, comment: str) -> None:
        connection = self._connection
        with connection.transaction():
            # IF NOT EXISTS alone fails when two make the same at once.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATE_LOCK,))
            try:
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege) as e:
                raise SettingsError(
                    f"The database has no pgvector, and it cannot be installed: {e} Install the "
                    "package pgvector on its server, and let its administrator run CREATE "
                    "EXTENSION vector in this database."
                ) from e
            for statement in _TABLES:
                connection.execute(self._sql(statement))
            connection.execute(
                sql.SQL("COMMENT ON TABLE {} IS {}").format(
                    sql.Identifier(self.table), sql.Literal(comment)
                )
            )
