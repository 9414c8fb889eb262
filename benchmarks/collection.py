"""`make bench-collection`: the collection's encoder by the full-pool protocol on CIFAR-10 test.

Judged are the starting encoder as it comes, the same trained on the pool itself, and the same on
a pool of 30,000 (the test pictures and training batches 4 and 5, which the starting encoder
never saw); a few anchors also by `per_query`. Into the training pool are planted augmented
copies of anchors, unlabelled as true duplicates would be: the last column tells whether they are
still found. Writes `benchmarks/results/collection.json`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.cifar10 import cifar10_test, cifar10_training
from benchmarks.report import RESULTS, machine, write_results
from iiif_dedup.evaluation.full_pool import Collection, Judgement, Summary, judge, summarise
from iiif_dedup.evaluation.judging_views import augmented, judging_views
from iiif_dedup.evaluation.metrics import Interval, rule_of_three, wilson_interval
from iiif_dedup.search.collection import CollectionRecipe
from iiif_dedup.search.instance_training import (
    REFRESH_PLAN,
    TrainingPlan,
    train_collection_encoder,
)
from iiif_dedup.search.per_query import PerQueryRecipe
from iiif_dedup.search.recipes import Recipe
from iiif_dedup.search.tile_encoder import TileEncoder, starting_encoder
from iiif_dedup.types import Json

PLANTED = 100
"""Augmented copies of anchors in the training pool."""
GROWTH = 0.1


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    Attributes:
        label: In tables.
        pool: Pictures that a query is compared with.
        summary: Of all anchors.
        planted: Planted copies that were accepted, of all; None where none were planted.
        train_s: Seconds that the encoder was trained on this pool, None for none.
        encode_per_s: Tiles of the pool encoded in a second.
    """

    label: str
    pool: int
    summary: Summary
    planted: Interval | None
    train_s: float | None
    encode_per_s: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.collection", description=__doc__)
    parser.add_argument("--anchors", type=int, default=500)
    parser.add_argument("--views", type=int, default=200, help="judging views per anchor")
    parser.add_argument("--per-query", type=int, default=10, help="anchors for per_query")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="collection", help="of the result file")
    parser.add_argument("--small-only", action="store_true", help="leave out the pool of 30,000")
    options = parser.parse_args(arguments)
    test = cifar10_test()
    anchors = np.random.default_rng(options.seed).permutation(len(test))[: options.anchors]
    with Progress() as progress:
        bench = Bench(anchors, options.views, options.seed, progress)
        begin = starting_encoder()
        settings = [bench.setting("starting encoder", test, begin, None)]
        own, train_s = bench.trained(test, begin, TrainingPlan())
        settings.append(bench.setting("collection", test, own, train_s))
        few = replace(bench, anchors=anchors[: options.per_query])
        settings.append(few.setting("per_query", test, own, None, PerQueryRecipe(own)))
        refresh_s = bench.refresh_s(test, own)
        if not options.small_only:
            large = np.concatenate([test, cifar10_training(4), cifar10_training(5)])
            settings.append(bench.setting("starting encoder, 30,000", large, begin, None))
            wide, train_s = bench.trained(large, begin, TrainingPlan())
            settings.append(bench.setting("collection, 30,000", large, wide, train_s))
    console = Console()
    console.print(table(settings))
    console.print(f"Refresh after +{GROWTH:.0%}: {refresh_s:.0f} s")
    more: dict[str, Json] = {"refresh_s": refresh_s, "views_per_anchor": options.views}
    path = report(options.name, settings, settings[1], seed=options.seed, more=more)
    console.print(f"Written to {path}")


@dataclass(frozen=True, slots=True)
class Bench:
    """What all settings of a benchmark share: anchors, views, seed, and a progress display."""

    anchors: NDArray[np.int64]
    views: int
    seed: int
    progress: Progress

    def trained(
        self, tiles: NDArray[np.uint8], start: TileEncoder, plan: TrainingPlan
    ) -> tuple[TileEncoder, float]:
        """Return an encoder trained on a pool with planted copies, and the seconds it took."""
        begun = time.perf_counter()
        encoder = train_collection_encoder(
            np.concatenate([tiles, self.copies(tiles)]),
            seed=self.seed,
            plan=plan,
            start=start,
            progress=self.bar("Training"),
        )
        return encoder, time.perf_counter() - begun

    def copies(self, tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the augmented copies of the first anchors that are planted."""
        return augmented(tiles[self.anchors[:PLANTED]], self.seed + 1)

    def refresh_s(self, tiles: NDArray[np.uint8], encoder: TileEncoder) -> float:
        """Return the seconds of a training that goes on after the pool has grown."""
        grown = np.concatenate([tiles, cifar10_training(4)[: round(GROWTH * len(tiles))]])
        begun = time.perf_counter()
        train_collection_encoder(
            grown,
            seed=self.seed,
            plan=REFRESH_PLAN,
            start=encoder,
            progress=self.bar("Refreshing"),
        )
        return time.perf_counter() - begun

    def setting(
        self,
        label: str,
        tiles: NDArray[np.uint8],
        encoder: TileEncoder,
        train_s: float | None,
        recipe: Recipe | None = None,
    ) -> Setting:
        """Return the figures of one recipe in one pool."""
        recipe = recipe or CollectionRecipe(encoder)
        begun = time.perf_counter()
        encoder.encode(tiles)
        encode_s = time.perf_counter() - begun
        collection = Collection.of(tiles, self.seed, encoder)
        tell = self.bar(label)
        judgements: list[Judgement] = []
        found = 0
        copies = self.copies(tiles)
        for done, anchor in enumerate(self.anchors.tolist()):
            own_seed = int(np.random.default_rng((self.seed, anchor)).integers(2**63))
            views = judging_views(tiles[anchor], self.views, own_seed)
            judgements.append(judge(recipe, collection, anchor, views, seed=own_seed))
            if train_s is not None and done < len(copies):
                others = np.delete(np.arange(len(tiles)), anchor)
                scorer = recipe.fit(
                    tiles[anchor], collection.raw, others, seed=own_seed, device="auto"
                )
                tau = scorer.mu + scorer.margin
                found += int(scorer.norms(copies[done : done + 1])[0] <= tau)
            tell(done + 1, len(self.anchors))
        planted = None if train_s is None else wilson_interval(found, len(copies))
        summary = summarise(judgements)
        return Setting(label, len(tiles) - 1, summary, planted, train_s, len(tiles) / encode_s)

    def bar(self, name: str) -> Callable[[int, int], None]:
        """Return what a long work tells its progress to."""
        task = self.progress.add_task(name, total=None)
        return lambda done, total: self.progress.update(task, completed=done, total=total)


def table(settings: Sequence[Setting]) -> Table:
    """Return the figures, one row per setting."""
    result = Table(title="Full-pool protocol, means over anchors [95 %]")
    for column in (
        "", "n", "pool", "recall", "false alerts, raw", "augmented", "F1", "AUROC",
        "planted copies", "train s", "encode /s",
    ):  # fmt: skip
        result.add_column(column, justify="right" if column else "left")
    for one in settings:
        summary = one.summary
        result.add_row(
            one.label,
            str(summary.anchors),
            f"{one.pool:,}",
            cell(summary.recall),
            alerts(summary.raw.false_alerts, summary.anchors),
            alerts(summary.augmented.false_alerts, summary.anchors),
            f"{summary.augmented.f1.estimate:.4f}",
            f"{summary.augmented.auroc.estimate:.5f}",
            "" if one.planted is None else cell(one.planted),
            "" if one.train_s is None else f"{one.train_s:.0f}",
            f"{one.encode_per_s:,.0f}",
        )
    return result


def cell(interval: Interval) -> str:
    """Return an estimate with its interval."""
    return f"{interval.estimate:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def alerts(interval: Interval, anchors: int) -> str:
    """Return false alerts per query; where none were seen, the bound that zero events allow."""
    if interval.estimate == 0:
        return f"0 (≤ {rule_of_three(anchors):.3f})"
    return cell(interval)


def report(
    name: str,
    settings: Sequence[Setting],
    chief: Setting,
    *,
    seed: int,
    more: Mapping[str, Json],
    folder: Path = RESULTS,
) -> Path:
    """Write the result file; its top level repeats the chief setting's figures."""
    results: dict[str, Json] = {
        "benchmark": name,
        "machine": machine(),
        "seed": seed,
        "intervals": "95 %, bootstrap over anchors (planted: Wilson): [estimate, low, high]",
        "anchors": chief.summary.anchors,
        "pool": chief.pool,
        "recall": chief.summary.recall.estimate,
        "false_alerts_raw": chief.summary.raw.false_alerts.estimate,
        "false_alerts_augmented": chief.summary.augmented.false_alerts.estimate,
        "zero_events_bound": rule_of_three(chief.summary.anchors),
        "settings": [asdict(setting) for setting in settings],
        "paper": _paper(folder),
        **more,
    }
    return write_results(name, results, folder)


def _paper(folder: Path) -> Json:
    """Return the chief figures of the paper's recipe from its own benchmark, None without."""
    path = folder / "paper.json"
    if not path.exists():
        return None
    results = json.loads(path.read_text(encoding="utf-8"))
    return {key: results[key] for key in ("anchors", "f1_raw", "f1_augmented", "false_alerts_raw")}


if __name__ == "__main__":
    main()
