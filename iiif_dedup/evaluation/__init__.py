"""Judges searches: metrics, the judge's own views and transforms, baselines, three protocols.

`full_pool` judges a recipe on augmented views, `haystack` every method on real pairs among many
distractors, `evaluating` any methods on whatever has truth: a folder, or verdicts on one or on
harvested records. `report` shows what came out.

Nothing here is used by a search; a recipe cannot change what judges it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iiif_dedup.evaluation.evaluating import Evaluation, Plan, evaluate
    from iiif_dedup.evaluation.reading import read_collection, read_folder
    from iiif_dedup.evaluation.report.page import write_report

__all__ = [
    "Evaluation",
    "Plan",
    "evaluate",
    "read_collection",
    "read_folder",
    "write_report",
]
_MODULES = {
    "read_collection": "reading",
    "read_folder": "reading",
    "write_report": "report.page",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, so that a single measure does not load torch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES.get(name, 'evaluating')}")
    return getattr(module, name)
