from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.index import build, draw, table, use
from benchmarks.index_vectors import DIMENSIONS, draw_queries, draw_vectors

QUERIES = 20


def test_vectors_crowd_together_as_they_say() -> None:
    vectors = draw_vectors(3000, seed=0)
    assert vectors.shape == (3000, DIMENSIONS)
    assert (vectors == draw_vectors(3000, seed=0)).all()
    wide = vectors.astype(np.float32)
    assert np.linalg.norm(wide, axis=1) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(wide.mean(axis=0)) == pytest.approx(0.5, abs=0.15)
    queries = draw_queries(vectors, QUERIES, seed=0)
    assert (queries @ wide.T).max(axis=1).mean() == pytest.approx(0.94, abs=0.01)


@pytest.mark.parametrize("kind", ["exact", "hnsw", "pgvector"])
def test_an_index_is_made_opened_and_asked(tmp_path: Path, postgresql_url: str, kind: str) -> None:
    folder = tmp_path / "work"
    draw(folder, 500, QUERIES, seed=0)
    built = {"build_s": build(kind, folder, postgresql_url)}
    figures = built | dict(use(kind, folder, postgresql_url))
    assert figures["recall_at_50"][0] >= 0.99
    assert figures["file_mib"] >= 500 * DIMENSIONS * 2 / 2**20
    assert figures["query_ms_median"] <= figures["query_ms_p95"]
    assert table(500, {kind: figures}).row_count == 7
