"""Nearest neighbours for any step, behind one protocol: see `iiif_dedup.index.base`.

`exact` compares with everything and is right to 10⁶ images on one machine; `hnsw` (hnswlib) and
`pgvector` (PostgreSQL) look at a part of it, for more. `docs/adr/0006-index.md` says when which.
"""
