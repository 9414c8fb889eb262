"""`make bench-demo`: where the planted duplicates of the demo stand, for three seeds.

The whole demo runs for each seed, over HTTP. Counts are pooled over the seeds; the intervals are
Wilson's, since an anchor either has its duplicate among the first five records or has not.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.report import machine, write_results
from demo.run import DemoOptions, run_demo
from demo.score import METHODS
from iiif_dedup.evaluation.metrics import wilson_interval

SEEDS = (1, 2, 3)
WORK_DIR = Path("build") / "bench-demo"


def main() -> None:
    """Run the demo for each seed, print a table, and write `benchmarks/results/demo.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8040)
    port = parser.parse_args().port
    console = Console()
    shutil.rmtree(WORK_DIR, ignore_errors=True)
    runs = [
        run_demo(DemoOptions(port=port, seed=seed, once=True, work_dir=WORK_DIR), console)
        for seed in SEEDS
    ]
    results: dict[str, Any] = {
        "machine": machine(),
        "seeds": list(SEEDS),
        "pooled": {name: _pooled(runs, name) for name in METHODS},
        "runs": [{key: value for key, value in run.items() if key != "found"} for run in runs],
    }
    _show(results, console)
    write_results("demo", results)


def _pooled(runs: list[dict[str, Any]], method: str) -> dict[str, Any]:
    """Return counts over all seeds, with Wilson's 95 % interval of the share in the top 5."""
    anchors = sum(run["anchors"] for run in runs)
    found = sum(run["methods"][method]["in_top5"] for run in runs)
    share = wilson_interval(found, anchors)
    return {
        "anchors": anchors,
        "first": sum(run["methods"][method]["first"] for run in runs),
        "in_top5": found,
        "in_top5_interval": [share.low, share.high],
        "lookalikes": sum(run["lookalikes"] for run in runs),
        "lookalikes_above": sum(run["methods"][method]["lookalikes_above"] for run in runs),
    }


def _show(results: dict[str, Any], console: Console) -> None:
    table = Table(title=f"Planted duplicates of the demo, seeds {SEEDS}")
    for column in ("method", "first", "in the top 5", "95 % interval", "look-alikes above it"):
        table.add_column(column)
    for name, row in results["pooled"].items():
        low, high = row["in_top5_interval"]
        table.add_row(
            name,
            f"{row['first']} of {row['anchors']}",
            f"{row['in_top5']} of {row['anchors']}",
            f"{low:.2f}–{high:.2f}",
            f"{row['lookalikes_above']} of {row['lookalikes']}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
