"""The report's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from iiif_dedup.evaluation.by_source import SourcePair
from iiif_dedup.evaluation.evaluating import COMPARED, Comparison, Plan, SetResult
from iiif_dedup.evaluation.judged import AT_BUDGET, AVERAGE_PRECISION, FIRST, Operating
from iiif_dedup.evaluation.metrics import Interval
from iiif_dedup.evaluation.report.plots import key

_NAMES = {FIRST: "right first", AVERAGE_PRECISION: "mAP", AT_BUDGET: "recall at the budget"}


def found(result: SetResult, plan: Plan) -> str:
    """Return what each method finds."""
    most = max(plan.ks)
    columns = (FIRST, f"recall_at_{most}", AVERAGE_PRECISION, AT_BUDGET)
    best = {
        column: max(one.rates[column].estimate for one in result.methods.values())
        for column in columns
    }
    rows = [
        [
            _method(result, name),
            *(_interval(one.rates[each].interval(), best[each]) for each in columns),
            f"{one.auroc:.3f}",
            f"{one.auprc:.3f}",
        ]
        for name, one in result.methods.items()
    ]
    return table(
        "What is found. Small figures are 95 % intervals over the things shown.",
        ["method", "right first", f"recall@{most}", "mAP",
         f"recall at {plan.budget:g} false alerts per query", "AUROC", "AUPRC"],
        rows,
    )  # fmt: skip


def decided(result: SetResult, plan: Plan) -> str:
    """Return what each method accepts, at the budget and by its own rule."""
    rows = []
    for name, one in result.methods.items():
        rows.append([_method(result, name), "at the budget", *_operating(one.at_budget)])
        if one.at_rule is not None:
            rule = "own rule" if one.calibration is None else "probability ≥ ½"
            rows.append([_method(result, name), rule, *_operating(one.at_rule)])
    return table(
        f"What is accepted under one threshold for all queries. The budget is {plan.budget:g} "
        "false alerts per query, its threshold found on these same queries.",
        ["method", "threshold", "precision", "recall", "F1", "false alerts per query"],
        rows,
    )


def at_ranks(result: SetResult, plan: Plan) -> str:
    """Return the figures at every K."""
    columns = ("precision", "hit", "recall", "map")
    rows = [
        [
            _method(result, name),
            str(k),
            *(f"{one.rates[f'{each}_at_{k}'].estimate:.3f}" for each in columns),
            f"{one.rates[f'map_at_{k}_with_query'].estimate:.3f}",
        ]
        for name, one in result.methods.items()
        for k in plan.ks
    ]
    return table(
        "Among the nearest K.",
        ["method", "K", "precision", "hit rate", "recall", "mAP", "mAP, the query counted"],
        rows,
    )


def soft(result: SetResult) -> str:
    """Return soft F1, whole and by level of agreement."""
    levels = sorted({level for one in result.methods.values() for level in one.soft_by_level})
    rows = [
        [
            _method(result, name),
            *(f"{value:.3f}" for value in one.soft),
            *(f"{one.soft_by_level[level].f1:.3f}" for level in levels),
        ]
        for name, one in result.methods.items()
    ]
    return table(
        "Soft precision, recall and F1 (sF1), of probabilities or else of what is accepted.",
        ["method", "soft precision", "soft recall", "sF1",
         *(f"sF1 from {level:.0%} agreement" for level in levels)],
        rows,
    )  # fmt: skip


def calibrated(result: SetResult) -> str:
    """Return how reliable probabilities are; nothing where no method gives any."""
    rows = [
        [
            _method(result, name),
            str(one.calibration.pairs),
            f"{one.calibration.error:.3f}",
            f"{one.calibration.brier:.3f}",
            "–" if one.calibration.skill is None else f"{one.calibration.skill:.3f}",
        ]
        for name, one in result.methods.items()
        if one.calibration is not None
    ]
    if not rows:
        return ""
    return table(
        "Probabilities of each query's nearest five.",
        ["method", "pairs", "expected calibration error", "Brier score", "Brier skill"],
        rows,
    )


def compared(result: SetResult, plan: Plan) -> str:
    """Return the differences from the reference; nothing where there is one method only."""
    if not result.comparisons:
        return ""
    rows = [[_method(result, name), *_comparison(one)] for name, one in result.comparisons.items()]
    return table(
        f"Beside {plan.compared_with}. Bold where the paired interval excludes zero; only there is "
        "one of them better.",
        ["method", *(_NAMES[each] for each in COMPARED), "McNemar: only this, only that, p",
         "paired t of mAP: t, p"],
        rows,
    )  # fmt: skip


def by_source(result: SetResult, plan: Plan) -> str:
    """Return the pairs of sources; nothing where there is one source only."""
    rows = [
        [_method(result, name), *_source(pair)]
        for name, pairs in result.sources.items()
        for pair in pairs
    ]
    if not rows:
        return ""
    return table(
        "Pairs of sources.",
        ["method", "queries of", "found in", "queries", "pairs", f"recall@{max(plan.ks)}",
         "recall at the budget", "false alerts per query"],
        rows,
    )  # fmt: skip


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    Args:
        caption: What it shows.
        columns: Their headings; the first is that of the rows' names.
        rows: Cells as HTML.
    """
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _method(result: SetResult, name: str) -> str:
    return f"{key(list(result.methods).index(name))}{escape(name)}"


def _interval(value: Interval, best: float | None = None, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    low, high = (format(each, f"{sign}.2f") for each in (value.low, value.high))
    text = f"{value.estimate:{sign}.3f}"
    if value.estimate == best or (signed and not value.low <= 0 <= value.high):
        text = f"<strong>{text}</strong>"
    return f"{text} <small>{low} to {high}</small>".replace("-", "−")


def _operating(point: Operating) -> list[str]:
    values = (point.precision, point.recall, point.f1, point.false_alerts)
    return [_interval(each) for each in values]


def _comparison(one: Comparison) -> list[str]:
    test, t = one.first, one.precision
    return [
        *(_interval(one.differences[each], signed=True) for each in COMPARED),
        f"{test.only_first}, {test.only_second}, {_p(test.p)}",
        "–" if t is None else f"{t.t:.2f}, {_p(t.p)}".replace("-", "−"),
    ]


def _source(pair: SourcePair) -> list[str]:
    return [
        escape(pair.query_source or "–"),
        escape(pair.found_source or "–"),
        str(pair.queries),
        str(pair.pairs),
        *("–" if each is None else f"{each:.3f}" for each in pair[4:6]),
        f"{pair.false_alerts:.3f}",
    ]


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
