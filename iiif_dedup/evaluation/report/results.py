"""An evaluation as JSON: every figure, interval, curve and case."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from iiif_dedup import __version__
from iiif_dedup.evaluation.evaluating import Evaluation, SetResult
from iiif_dedup.evaluation.gold import Entry
from iiif_dedup.evaluation.haystack_figures import Figure
from iiif_dedup.types import Json


def as_json(evaluation: Evaluation) -> dict[str, Json]:
    """Return the whole evaluation; what is infinite or no number becomes null."""
    return {
        "version": __version__,
        "plan": _plain(evaluation.plan),
        "pool": evaluation.pool,
        "intervals": "95 %, bootstrap over the things shown; 3/n where a rate is 0 or 1",
        "seconds": _plain(evaluation.seconds),
        "skipped": list(evaluation.skipped),
        "sets": {one.name: _set(one, evaluation.entries) for one in evaluation.sets},
    }


def _set(result: SetResult, entries: Sequence[Entry]) -> dict[str, Json]:
    cases: list[Json] = [
        {
            **_plain(case._asdict()),
            "query": entries[case.query].name,
            "found": entries[case.found].name,
            "first": None if case.first is None else entries[case.first].name,
        }
        for case in result.cases
    ]
    return {
        "methods": _plain(result.methods),
        "comparisons": _plain(result.comparisons),
        "sources": _plain(result.sources),
        "cases_of": result.shown,
        "cases": cases,
    }


def _plain(value: Any) -> Any:  # noqa: PLR0911  one line a kind of value
    """Return a value as what JSON can hold, by the names of its fields."""
    if isinstance(value, Figure):
        return _plain(value.interval())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if hasattr(value, "_asdict"):
        return {name: _plain(each) for name, each in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
