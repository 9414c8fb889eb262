"""The evaluation: every method on every set of queries, and how they compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from iiif_dedup.errors import EvaluationError
from iiif_dedup.evaluation.by_source import SourcePair, by_source
from iiif_dedup.evaluation.cases import Case, pick_cases
from iiif_dedup.evaluation.comparing import McNemar, PairedT, mcnemar, paired_t
from iiif_dedup.evaluation.contenders import DEFAULT, Subject, get_contender
from iiif_dedup.evaluation.features import Describer, describe_files, file_digest
from iiif_dedup.evaluation.gold import Entry, Gold, GoldQueries
from iiif_dedup.evaluation.haystack import Method
from iiif_dedup.evaluation.judged import AT_BUDGET, AVERAGE_PRECISION, FIRST, Judged
from iiif_dedup.evaluation.judging import judge, per_query
from iiif_dedup.evaluation.metrics import Interval
from iiif_dedup.evaluation.ranking import average_precision, hit_at, partner_ranks
from iiif_dedup.evaluation.scoring import Rows, Scores, score
from iiif_dedup.search.tile_encoder import TileEncoder

COMPARED = (FIRST, AVERAGE_PRECISION, AT_BUDGET)
"""Figures of which differences between methods are taken."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is judged, and how.

    Attributes:
        methods: Names; see `iiif_dedup.evaluation.contenders`.
        reference: The method that others are compared with; the first when empty.
        ks: How many of the nearest are looked at, each ≥ 1.
        budget: Strangers that a query may cost on average, > 0.
        seed: Of everything that is drawn.

    Raises:
        EvaluationError: A number or the reference is none of these.
    """

    methods: tuple[str, ...] = DEFAULT
    reference: str = ""
    ks: tuple[int, ...] = (1, 5, 10, 50)
    budget: float = 0.1
    seed: int = 1

    def __post_init__(self) -> None:
        if not self.methods or len(set(self.methods)) != len(self.methods):
            raise EvaluationError(f"Expected different methods, got {', '.join(self.methods)!r}.")
        if self.reference not in ("", *self.methods):
            raise EvaluationError(
                f"The reference {self.reference!r} is none of the methods that are judged; add it."
            )
        if not self.ks or min(self.ks) < 1:
            raise EvaluationError(f"Expected numbers of nearest entries from 1, got {self.ks}.")
        if not 0 < self.budget < float("inf"):
            raise EvaluationError(f"Expected a budget of false alerts above 0, got {self.budget}.")

    @property
    def compared_with(self) -> str:
        """The reference, given or not."""
        return self.reference or self.methods[0]


Progress: TypeAlias = Callable[[str, int, int], object]
"""Told what is being done, how much is done, and how much there is."""


class Comparison(NamedTuple):
    """A method beside the reference, on the same queries.

    Attributes:
        differences: By figure, method minus reference with the paired interval over things; only
            where that excludes zero is one of them better.
        first: McNemar's test of which has a partner first, a trial a thing (by its first query).
        precision: Paired t-test of average precision, a trial a thing (the mean of its queries);
            None for one thing alone.
    """

    differences: Mapping[str, Interval]
    first: McNemar
    precision: PairedT | None


@dataclass(frozen=True, slots=True)
class SetResult:
    """All methods on one set of queries.

    Attributes:
        name: Of the set.
        methods: By name.
        comparisons: By name, without the reference.
        sources: By method, the pairs of sources; empty where there is one source only.
        shown: The method whose cases are shown: the best at the budget.
        cases: Of that method.
    """

    name: str
    methods: Mapping[str, Judged]
    comparisons: Mapping[str, Comparison]
    sources: Mapping[str, tuple[SourcePair, ...]]
    shown: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out, and what the run was.

    Attributes:
        entries: What was searched, the first `pool` of them the pool.
        pool: Its size.
        sets: In their order.
        plan: What was asked for.
        seconds: By method, how long its queries took on this machine, all pictures described.
        skipped: A sentence on each thing that could not be read.
    """

    entries: tuple[Entry, ...]
    pool: int
    sets: tuple[SetResult, ...]
    plan: Plan
    seconds: Mapping[str, float]
    skipped: tuple[str, ...]


def evaluate(
    gold: Gold,
    cache: Path,
    plan: Plan = Plan(),
    *,
    encoder: TileEncoder | None = None,
    progress: Progress = lambda *_: None,
) -> Evaluation:
    """Judge methods on what is known to be true.

    A whole set is compared by one method at a time, which takes 4 bytes for each query and entry.

    Args:
        gold: See `iiif_dedup.evaluation.reading`.
        cache: Folder for what is known of pictures, so that a second run is fast.
        plan: What is judged.
        encoder: The collection's; the starting encoder when None.
        progress: Is told of each step.

    Raises:
        EvaluationError: There is no query with a partner, or no such method.
        SettingsError: A descriptor cannot be loaded.
    """
    readable, made = _prepare(gold, cache, plan, encoder, progress)
    rows, seconds = Rows(readable), dict.fromkeys(plan.methods, 0.0)
    total = sum(len(one.set.queries) for one in readable.sets) * len(made)
    advance = _counted(progress, "Queries", total)
    sets = []
    for queries in readable.sets:
        scores = {}
        for name, method in made.items():
            start = time.perf_counter()
            scores[name] = score(method, queries, rows, advance=advance)
            seconds[name] += time.perf_counter() - start
        sets.append(_judge_set(queries, scores, readable.entries, plan))
    return Evaluation(readable.entries, readable.pool, tuple(sets), plan, seconds, readable.skipped)


def _prepare(
    gold: Gold, cache: Path, plan: Plan, encoder: TileEncoder | None, progress: Progress
) -> tuple[Gold, dict[str, Method]]:
    """Return the gold of all readable pictures, and the methods that have seen them."""
    contenders = {name: get_contender(name) for name in plan.methods}
    digests = {path: file_digest(path) for path in Rows(gold).pictures}

    def subject_of(found: Gold) -> Subject:
        rows = Rows(found)
        names = [digests[path] for path in rows.pictures]
        return Subject(rows.pictures, names, rows.pool, plan.seed, encoder)

    describers: dict[str, Describer] = {}
    for number, one in enumerate(contenders.values()):
        progress("Methods", number, len(contenders))
        describers |= {each.name: each for each in one.describers(subject_of(gold))}
    progress("Methods", len(contenders), len(contenders))
    features = describe_files(
        digests,
        list(describers.values()),
        cache,
        advance=_counted(progress, "Pictures", len(set(digests.values()))),
    )
    reasons = {
        path: features.failures[digest]
        for path, digest in digests.items()
        if digest in features.failures
    }
    readable = gold.without(reasons)
    if not readable.sets:
        raise EvaluationError(
            "No readable query has a partner in the pool, so there is nothing to judge. Name a "
            "folder or a file of verdicts with two pictures of one thing."
        )
    subject = subject_of(readable)
    known = features.of(subject.digests)
    return readable, {name: one.method(subject, known) for name, one in contenders.items()}


def _judge_set(
    queries: GoldQueries, scores: Mapping[str, Scores], entries: Sequence[Entry], plan: Plan
) -> SetResult:
    judged = {
        name: judge(found, queries, ks=plan.ks, budget=plan.budget, seed=plan.seed)
        for name, found in scores.items()
    }
    best = max(judged, key=lambda name: judged[name].rates[AT_BUDGET].estimate)
    reference = plan.compared_with
    return SetResult(
        name=queries.set.name,
        methods=judged,
        comparisons={
            name: Comparison(
                {
                    figure: judged[name].rates[figure].minus(judged[reference].rates[figure])
                    for figure in COMPARED
                },
                *_tests(found, scores[reference], queries),
            )
            for name, found in scores.items()
            if name != reference
        },
        sources={
            name: by_source(
                found,
                queries,
                entries,
                k=max(plan.ks),
                threshold=judged[name].at_budget.at.threshold,
            )
            for name, found in scores.items()
        },
        shown=best,
        cases=pick_cases(scores[best], queries),
    )


def _tests(
    scores: Scores, reference: Scores, queries: GoldQueries
) -> tuple[McNemar, PairedT | None]:
    """Return both tests, one trial for each thing that has a partner."""
    given = queries.set
    known = np.array([len(partners) > 0 for partners in given.relevant])
    things, first, numbers = np.unique(
        given.clusters[known], return_index=True, return_inverse=True
    )
    right, precision = [], []
    for each in (scores, reference):
        ranks = [
            partner_ranks(distances, partners)
            for distances, partners in zip(each.distances, given.relevant, strict=True)
        ]
        right.append(per_query(ranks, partial(hit_at, k=1))[known][first] > 0)
        sums = np.bincount(numbers, weights=per_query(ranks, average_precision)[known])
        precision.append(sums / np.bincount(numbers))
    return mcnemar(*right), paired_t(*precision) if len(things) > 1 else None


def _counted(progress: Progress, step: str, total: int) -> Callable[[int], None]:
    """Return what adds to the count of a step."""
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        progress(step, done, total)

    return advance
