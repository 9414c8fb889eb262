"""Evidence from words: what two catalogues say about their objects, compared.

statements    labels say of what kind a facet is           labels.py, statements.py
facts         each kind reads its statements               inventory.py, dates.py, …
points        facts of two records agree or contradict     compare.py
measures      points are weighed                           measures.py
"""

from __future__ import annotations

from iiif_dedup.evidence.metadata.compare import compare_metadata
from iiif_dedup.evidence.metadata.described import Described
from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.measures import metadata_measures

__all__ = ["Described", "Kind", "compare_metadata", "metadata_measures"]
