"""Single queries as pictures: query, what was found, and what stood there instead."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from iiif_dedup.errors import ImageError
from iiif_dedup.evaluation.cases import Case, Kind
from iiif_dedup.evaluation.features import decoded
from iiif_dedup.evaluation.gold import Entry
from iiif_dedup.process.derivative import derivative

SIDE = 200
"""Pixels of the longer side."""
_TITLES = {
    Kind.SUREST: "Surest finds",
    Kind.MISSED: "Missed, the farthest back first",
    Kind.FALSE_ALERT: "False alerts, the nearest first",
}


class Pictures:
    """Small pictures as data URIs, each made once."""

    def __init__(self) -> None:
        self._made: dict[Path, str] = {}

    def cases(self, cases: Sequence[Case], entries: Sequence[Entry], *, probable: bool) -> str:
        """Return the cases by kind.

        Args:
            cases: Of one method.
            entries: Of the evaluation.
            probable: Whether 1 − distance is a probability.
        """
        parts = []
        for kind, title in _TITLES.items():
            shown = [case for case in cases if case.kind is kind]
            if shown:
                rows = "".join(self._case(case, entries, probable=probable) for case in shown)
                look = "cases" if kind is Kind.MISSED else "cases pairs"
                parts.append(f'<h4>{title}</h4><ol class="{look}">{rows}</ol>')
        return "".join(parts)

    def _case(self, case: Case, entries: Sequence[Entry], *, probable: bool) -> str:
        rank = "not proposed" if case.rank is None else f"rank {case.rank}"
        figure = ""
        if case.distance is not None:
            figure = (
                f", probability {1 - case.distance:.2f}"
                if probable
                else f", distance {case.distance:.3f}"
            ).replace("-", "−")
        what = "stranger" if case.kind is Kind.FALSE_ALERT else "partner"
        shown = [
            self._figure("query", entries[case.query]),
            self._figure(f"{what}, {rank}{figure}", entries[case.found]),
        ]
        if case.first is not None:
            shown.append(self._figure("stood first", entries[case.first]))
        return f"<li>{''.join(shown)}</li>"

    def _figure(self, role: str, entry: Entry) -> str:
        path = entry.pictures[0]
        if path not in self._made:
            self._made[path] = _data(path)
        alt = escape(f"{role}: {entry.name}", quote=True)
        picture = (
            f'<img src="data:image/jpeg;base64,{self._made[path]}" alt="{alt}">'
            if self._made[path]
            else '<div class="gone">cannot be read any more</div>'
        )
        return (
            f"<figure>{picture}<figcaption><b>{escape(role)}</b><br>{escape(entry.name)}"
            "</figcaption></figure>"
        )


def _data(path: Path) -> str:
    try:
        pixels = decoded(path)
    except (OSError, ImageError):
        return ""
    return base64.b64encode(derivative(np.ascontiguousarray(pixels), SIDE)).decode("ascii")
