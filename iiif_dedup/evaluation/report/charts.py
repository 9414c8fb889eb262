"""The report's plots, each with a description for who cannot see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from iiif_dedup.evaluation.judged import Judged
from iiif_dedup.evaluation.judging import CURVE_RANKS
from iiif_dedup.evaluation.report.plots import Axis, Line, key, plot

Methods = Mapping[str, Judged]
_K = Axis("K", 1, max(CURVE_RANKS), logarithmic=True, ticks=(1, 2, 5, 10, 20, 50))


def charts(methods: Methods) -> str:
    """Return all plots that these methods have anything in, with one key to them all."""
    keys = "".join(f"<li>{key(number)}{escape(name)}</li>" for number, name in enumerate(methods))
    drawn = "".join(
        f"<figure>{svg}<figcaption>{escape(title)}</figcaption></figure>"
        for title, svg in (
            ("Recall@K: partners among the nearest K", _recall(methods)),
            ("Precision and recall of all pairs at the true prior", _precision_recall(methods)),
            ("ROC of all pairs", _roc(methods)),
            ("F1 of each method's own rule moved by δ", _delta(methods)),
            ("Reliability of probabilities, bins of equal mass", _reliability(methods)),
        )
        if svg
    )
    return f'<ul class="keys">{keys}</ul><div class="charts">{drawn}</div>'


def _recall(methods: Methods) -> str:
    return plot(
        _told("Recall at 10", methods, lambda one: one.recall_at[10]),
        _K,
        Axis("recall"),
        [
            Line(style, [(k, value) for k, value in one.recall_at.items()], marked=True)
            for style, one in enumerate(methods.values())
        ],
    )


def _precision_recall(methods: Methods) -> str:
    return plot(
        _told("Area under the curve", methods, lambda one: one.auprc),
        Axis("recall"),
        Axis("precision"),
        [
            Line(style, [(0.0, 1.0), *((each.recall, each.precision) for each in one.curve)])
            for style, one in enumerate(methods.values())
        ],
    )


def _roc(methods: Methods) -> str:
    return plot(
        _told("Area under the curve", methods, lambda one: one.auroc),
        Axis("false positive rate"),
        Axis("true positive rate"),
        [Line(style, one.roc) for style, one in enumerate(methods.values())],
        diagonal=True,
    )


def _delta(methods: Methods) -> str:
    ruled = {name: one for name, one in methods.items() if one.against_delta}
    if not ruled:
        return ""
    deltas = [each.threshold for one in ruled.values() for each in one.against_delta]
    return plot(
        _told("Largest F1", ruled, lambda one: max(each.f1 for each in one.against_delta)),
        Axis("δ", min(deltas), max(deltas), ticks=(-0.5, -0.25, 0, 0.25, 0.5)),
        Axis("F1"),
        [
            Line(style, [(each.threshold, each.f1) for each in one.against_delta])
            for style, one in enumerate(methods.values())
            if one.against_delta
        ],
    )


def _reliability(methods: Methods) -> str:
    given = {
        style: one.calibration.bins
        for style, one in enumerate(methods.values())
        if one.calibration is not None
    }
    if not given:
        return ""
    sure = {name: one for name, one in methods.items() if one.calibration is not None}
    return plot(
        _told(
            "Expected calibration error",
            sure,
            lambda one: 0.0 if one.calibration is None else one.calibration.error,
        ),
        Axis("predicted probability"),
        Axis("part that are matches"),
        [
            Line(
                style,
                [(each.predicted, each.observed.estimate) for each in bins],
                marked=True,
                ranges=[(each.observed.low, each.observed.high) for each in bins],
            )
            for style, bins in given.items()
        ],
        diagonal=True,
    )


def _told(what: str, methods: Methods, value: Callable[[Judged], float]) -> str:
    return f"{what}: " + ", ".join(f"{name} {value(one):.2f}" for name, one in methods.items())
