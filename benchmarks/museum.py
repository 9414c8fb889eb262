"""`make bench-museum`: visitors' photographs looked for in the museum's own catalogue.

Everything as in the product: candidates, verification, one probability, and the threshold that the
default budget gives. The museum's own photographs are judged by a fusion that was fitted without
any of the museum's; other data of the same shape (`DATA=`), which nothing was fitted to, by the one
that comes with the package. Where the truth holds outlines, as that of composites does, they are
compared with the matched regions. Writes `benchmarks/results/museum.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.fused import HELD_OUT
from benchmarks.haystack_data import WORK, default_data
from benchmarks.haystack_methods import methods, union_of
from benchmarks.haystack_pool import Prepared, bar, describe_sets
from benchmarks.report import RESULTS, machine, write_results
from iiif_dedup.evaluation.composites import visible
from iiif_dedup.evaluation.datasets import TRUTH, read_one_set
from iiif_dedup.evaluation.haystack import QuerySet
from iiif_dedup.evaluation.methods import UnionMethod
from iiif_dedup.evaluation.metrics import wilson_interval
from iiif_dedup.evaluation.proposed import Pictures, Proposed, propose
from iiif_dedup.evidence.fusion import Fusion, read_fusion, shipped_fusion
from iiif_dedup.search.tile_encoder import starting_encoder
from iiif_dedup.settings import load_settings
from iiif_dedup.types import Json, Point

MUSEUM = "museum_paintings"
_OVERLAP = 0.8
"""Intersection over union from which on an outline is found."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one query set.

    Attributes:
        queries: How many.
        known: Queries of something in the catalogue.
        first_right: Known queries whose most probable candidate is right.
        matches: Pairs that should be proposed.
        found: Those that are.
        false_alerts: Others that are.
        several: Queries that show more than one thing of the catalogue.
        all_found: Those of which every one is proposed.
        unknown_silent: Queries of nothing in the catalogue for which nothing is proposed.
        overlaps: Intersection over union of each found match's outline; none without truth.
    """

    queries: int
    known: int
    first_right: int
    matches: int
    found: int
    false_alerts: int
    several: int
    all_found: int
    unknown_silent: int
    overlaps: tuple[float, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.museum", description=__doc__)
    parser.add_argument("--data", type=Path, default=default_data() / MUSEUM, help="the set")
    parser.add_argument("--name", default="museum", help="of the result file")
    parser.add_argument("--fusion", type=Path, help="JSON file of the fusion that judges")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for what is kept")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the figures")
    parser.add_argument("--seed", type=int, default=1, help="of the catalogue's order")
    options = parser.parse_args(arguments)
    fusion = _fusion(options)
    threshold = fusion.threshold(load_settings().budget)
    with Progress() as progress:
        found = read_one_set(options.data)
        if not found.sets:
            raise SystemExit(f"{options.data} holds no set: {'; '.join(found.skipped)}")
        prepared = describe_sets(found.sets, (), options, progress, unknown=True)
        union = _union(prepared)
        pictures = Pictures(
            [one.path for one in prepared.haystack.pictures],
            prepared.digests,
            options.work / "local",
        )
        outlines = _outlines(options.data)
        paths = [one.path for one in prepared.haystack.pictures]
        sets = prepared.haystack.query_sets
        advance = bar(progress, "Queries", sum(len(one.queries) for one in sets))
        judged = {}
        for queries in sets:
            proposed = propose(union, pictures, queries.queries, advance=advance)
            judged[queries.name] = _judge(
                queries,
                proposed,
                fusion,
                threshold,
                truth=[outlines.get(paths[row], ()) for row in queries.queries],
                pictures=pictures,
            )
        pairs = _catalogue_pairs(options.data, prepared, union, pictures, fusion)
    console = Console()
    console.print(_table(judged, threshold))
    path = write_results(
        options.name, _report(judged, pairs, fusion, threshold, options), options.results
    )
    console.print(f"Written to {path}")


def _fusion(options: argparse.Namespace) -> Fusion:
    if options.fusion is not None:
        return read_fusion(options.fusion.read_text("utf-8"))
    if options.data.resolve().name.startswith(MUSEUM):
        return read_fusion((HELD_OUT / "museum.json").read_text("utf-8"))
    return shipped_fusion()


def _union(prepared: Prepared) -> UnionMethod:
    by = methods(
        prepared.arrays, prepared.digests, prepared.haystack.pool, {"": starting_encoder()}
    )
    return union_of(by)


def _judge(
    queries: QuerySet,
    proposed: Sequence[Proposed],
    fusion: Fusion,
    threshold: float,
    *,
    truth: Sequence[Sequence[Sequence[Point]]],
    pictures: Pictures,
) -> Judged:
    """Return what came of one query set."""
    first_right = matches = found = alerts = several = all_found = silent = 0
    overlaps: list[float] = []
    for query, one, relevant, outlined in zip(
        queries.queries.tolist(), proposed, queries.relevant, truth, strict=True
    ):
        probabilities = np.array([fusion.probability(each) for each in one.measures])
        right = np.isin(one.places, relevant)
        shown = probabilities >= threshold
        first_right += bool(right[probabilities.argmax()])
        matches += len(relevant)
        hits = int((shown & right).sum())
        found += hits
        alerts += int((shown & ~right).sum())
        several += len(relevant) > 1
        all_found += len(relevant) > 1 and hits == len(relevant)
        silent += not len(relevant) and not shown.any()
        if outlined:
            overlaps += [
                _best_overlap(pictures, query, place, outlined)
                for place in one.places[shown & right].tolist()
            ]
    known = sum(len(each) > 0 for each in queries.relevant)
    return Judged(
        len(proposed), known, first_right, matches, found, alerts, several, all_found, silent,
        tuple(overlaps),
    )  # fmt: skip


def _best_overlap(
    pictures: Pictures, query: int, place: int, truth: Sequence[Sequence[Point]]
) -> float:
    """Return how well the most surprising region of a match agrees with any outline of the truth.

    A photograph of two things has two outlines; which is whose the features decide.
    """
    local = pictures.compare(query, place).local
    if local is None or not local.shared:
        return 0.0
    region = local.shared[0].region.anchor
    return max(_overlap(region, visible(outline)) for outline in truth)


def _overlap(one: Sequence[Point], other: Sequence[Point]) -> float:
    """Return intersection over union of two convex outlines, 0 to 1."""
    ours, theirs = (_convex(each) for each in (one, other))
    if min(len(ours), len(theirs)) < 3:
        return 0.0
    common, _ = cv2.intersectConvexConvex(ours, theirs)
    union = cv2.contourArea(ours) + cv2.contourArea(theirs) - common
    return float(common / union) if union > 0 else 0.0


def _convex(outline: Sequence[Point]) -> NDArray[np.float32]:
    # Outlines are shares; in whole numbers OpenCV would round them away.
    points = np.array(outline, dtype=np.float32).reshape(-1, 1, 2) * 1000
    return np.asarray(cv2.convexHull(points), dtype=np.float32)


def _outlines(folder: Path) -> dict[Path, Sequence[Sequence[Point]]]:
    """Return the outlines of the truth, by query file."""
    truth = json.loads((folder / TRUTH).read_text("utf-8"))
    return {
        folder / query["file"]: query["outlines"]
        for query in truth["queries"]
        if query.get("outlines")
    }


def _catalogue_pairs(
    folder: Path, prepared: Prepared, union: UnionMethod, pictures: Pictures, fusion: Fusion
) -> list[dict[str, Json]]:
    """Return how probable pairs within the catalogue are: one work twice, and look-alikes."""
    truth = json.loads((folder / TRUTH).read_text("utf-8"))
    rows = {
        picture.path: row
        for row, picture in enumerate(prepared.haystack.pictures[: prepared.haystack.pool])
    }
    files = {one["id"]: folder / one["file"] for one in truth["catalogue"]}
    found: list[dict[str, Json]] = []
    for pair in truth.get("catalogue_pairs", []):
        query, other = rows[files[pair["a"]]], rows[files[pair["b"]]]
        (one,) = propose(union, pictures, np.array([query], dtype=np.int64))
        places = one.places.tolist()
        probability = (
            fusion.probability(one.measures[places.index(other)]) if other in places else 0.0
        )
        found.append({**pair, "probability": probability})
    return found


def _table(judged: Mapping[str, Judged], threshold: float) -> Table:
    table = Table(title=f"Proposed from probability {threshold:.3f} on")
    for column in (
        "set", "first right", "found", "false alerts", "all of several", "unknown silent",
        "outline found",
    ):  # fmt: skip
        table.add_column(column, justify="left" if column == "set" else "right")
    for name, one in judged.items():
        unknown = one.queries - one.known
        outlined = sum(each >= _OVERLAP for each in one.overlaps)
        table.add_row(
            name,
            f"{one.first_right}/{one.known}",
            f"{one.found}/{one.matches}",
            f"{one.false_alerts} in {one.queries}",
            f"{one.all_found}/{one.several}",
            f"{one.unknown_silent}/{unknown}",
            f"{outlined}/{len(one.overlaps)}" if one.overlaps else "",
        )
    return table


def _report(
    judged: Mapping[str, Judged],
    pairs: Sequence[Mapping[str, Json]],
    fusion: Fusion,
    threshold: float,
    options: argparse.Namespace,
) -> dict[str, Json]:
    every = list(judged.values())
    queries, matches = sum(one.queries for one in every), sum(one.matches for one in every)
    found, alerts = sum(one.found for one in every), sum(one.false_alerts for one in every)
    unknown = queries - sum(one.known for one in every)
    silent = sum(one.unknown_silent for one in every)
    return {
        "benchmark": "museum",
        "machine": machine(),
        "seed": options.seed,
        "data": options.data.name,
        "fusion": fusion.version,
        "threshold": threshold,
        "intervals": "95 %, Wilson: [estimate, low, high]",
        "queries": queries,
        "matches": matches,
        "found": found,
        "recall": found / matches,
        "recall_interval": list(wilson_interval(found, matches)),
        "false_alerts": alerts,
        "false_alerts_per_query": alerts / queries,
        "unknown": unknown,
        "unknown_silent": silent,
        "catalogue_pairs": list(pairs),
        **{name: _row(one) for name, one in judged.items()},
    }


def _row(one: Judged) -> dict[str, Json]:
    row: dict[str, Json] = {
        "queries": one.queries,
        "known": one.known,
        "first_right": one.first_right,
        "matches": one.matches,
        "found": one.found,
        "false_alerts": one.false_alerts,
        "with_several": one.several,
        "all_of_several_found": one.all_found,
        "unknown_silent": one.unknown_silent,
    }
    if one.matches:
        row["recall_interval"] = list(wilson_interval(one.found, one.matches))
    if one.overlaps:
        good = sum(each >= _OVERLAP for each in one.overlaps)
        row |= {
            "outlines": len(one.overlaps),
            "outlines_found": good,
            "outline_interval": list(wilson_interval(good, len(one.overlaps))),
        }
    return row


if __name__ == "__main__":
    main()
