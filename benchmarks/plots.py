"""`make plots`: the pictures of docs/clone-search.md, drawn from the result files alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.report import RESULTS

IMAGES = Path(__file__).parent.parent / "docs" / "images"
METHODS = {
    "phash": "pHash 64",
    "hsv": "HSV histogram",
    "efficientnet": "EfficientNet-Lite0, plain",
    "efficientnet_lite0": "descriptor (ours)",
    "colour": "colour (ours)",
    "palette": "palette (ours)",
    "clone_rule": "clone norm",
    "union": "union",
}
SETS = (
    "museum_plain", "museum_framed", "museum_framed_unknown", "ukbench", "ambers",
    "attic_cva10", "eth80", "coil100",
)  # fmt: skip
TARGETS = {
    "museum_plain": 0.99,
    "ukbench": 0.99,
    "ambers": 0.99,
    "museum_framed": 0.97,
    "museum_framed_unknown": 0.97,
    "attic_cva10": 0.65,
    "eth80": 0.65,
}


def main() -> None:
    """Draw every picture whose results are there."""
    mpl.rcParams.update({"svg.hashsalt": "iiif_dedup", "font.size": 9, "axes.grid": True})
    mpl.rcParams.update({"axes.axisbelow": True, "grid.alpha": 0.4})
    for name, draw in (
        ("haystack", _haystack),
        ("transforms", _transforms),
        ("collection", _alerts),
        ("query_speed", _speed),
    ):
        path = RESULTS / f"{name}.json"
        if not path.exists():
            print(f"{path} is missing; run its benchmark first")
            continue
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        draw(figure.subplots(), json.loads(path.read_text(encoding="utf-8")))
        figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})


def _haystack(axes: Axes, results: Mapping[str, Any]) -> None:
    shown = [name for name in SETS if name in results]
    width = 0.8 / len(METHODS)
    for place, (method, label) in enumerate(METHODS.items()):
        found = [results[name][method] for name in shown]
        heights = np.array([one["recall_at_50"] for one in found])
        bounds = np.array([one["recall_at_50_interval"][-2:] for one in found])
        axes.bar(
            np.arange(len(shown)) + (place - len(METHODS) / 2 + 0.5) * width,
            heights,
            width,
            yerr=np.abs(bounds.T - heights),
            error_kw={"linewidth": 0.6},
            label=label,
        )
    for place, name in enumerate(shown):
        if name in TARGETS:
            axes.hlines(TARGETS[name], place - 0.45, place + 0.45, "black", linewidth=0.8)
    axes.set_xticks(range(len(shown)), [name.replace("_", "\n") for name in shown])
    axes.set_ylabel("recall@50, 95 % over objects")
    axes.legend(ncols=4, fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _transforms(axes: Axes, results: Mapping[str, Any]) -> None:
    rows = {name: row for name, row in results.items() if isinstance(row, dict) and "union" in row}
    drawn = (
        ("union", "recall_at_50", "proposed by the union"),
        ("clone_rule", "recall_at_tau", "accepted by the clone rule at its τ"),
    )
    for offset, (method, key, label) in zip((-0.2, 0.2), drawn, strict=True):
        heights = np.array([row[method][key] for row in rows.values()])
        bounds = np.array([row[method][f"{key}_interval"][-2:] for row in rows.values()])
        axes.bar(
            np.arange(len(rows)) + offset,
            heights,
            0.4,
            yerr=np.abs(bounds.T - heights),
            error_kw={"linewidth": 0.6},
            label=label,
        )
    axes.set_xticks(range(len(rows)), [name.replace("_", "\n") for name in rows], fontsize=7)
    axes.set_ylabel("originals found, 95 %")
    axes.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _estimate(value: Any) -> float:
    """Return the number, or the estimate of an interval [estimate, low, high]."""
    return float(value[0] if isinstance(value, list) else value)


def _alerts(axes: Axes, results: Mapping[str, Any]) -> None:
    floor = results["zero_events_bound"] / 3
    rows = [(one["label"], one["summary"]) for one in results["settings"]]
    paper = json.loads((RESULTS / "paper.json").read_text(encoding="utf-8"))
    rows.insert(0, ("paper", paper["settings"][0]))
    for offset, column in ((-0.2, "raw"), (0.2, "augmented")):
        heights = [max(_estimate(one[column]["false_alerts"]), floor) for _, one in rows]
        axes.barh(np.arange(len(rows)) + offset, heights, 0.4, label=f"pool {column}")
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("false alerts per query (none seen: a third of the bound 3/n)")
    axes.legend()


def _speed(axes: Axes, results: Mapping[str, Any]) -> None:
    seconds = {int(size): value for size, value in results["seconds"].items()}
    sizes = sorted(seconds)
    axes.plot(sizes, [seconds[size] for size in sizes], "o-", label="collection, with the union")
    paper = {10_000: 2.41, 100_000: 12.7, 1_000_000: 127}
    axes.plot(list(paper), list(paper.values()), "s--", label="the paper, on a GPU")
    targets = {10_000: 0.2, 100_000: 0.25, 1_000_000: 0.5}
    axes.plot(list(targets), list(targets.values()), "k_", markersize=14, label="target")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("pictures in the pool")
    axes.set_ylabel("seconds a query, median")
    axes.legend()


if __name__ == "__main__":
    main()
