"""What came of the demo: the document `build/demo.json`, and the same as tables for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.dataset import Dataset
from demo.score import METHODS, Pictures, Score, add_anchor, baseline_orders


def make_report(
    dataset: Dataset,
    ids: Mapping[str, str],
    searched: Mapping[str, Mapping[str, Any]],
    pictures: Pictures,
) -> dict[str, Any]:
    """Return counts and one row an anchor.

    Args:
        dataset: What the partners published, with its truth.
        ids: Record id by record path.
        searched: By anchor record id the answer of `/clones`, with the items of all pages.
        pictures: Every picture of the pool.
    """
    duplicates = {ids[first]: ids[second] for first, second in dataset.pairs}
    lookalikes: dict[str, list[str]] = defaultdict(list)
    for record, lookalike in dataset.lookalikes:
        lookalikes[ids[record]].append(ids[lookalike])
    score = Score()
    for anchor, answer in searched.items():
        if anchor not in duplicates or answer["status"] != "searched":
            continue
        found = [item["record"]["id"] for item in answer["items"]]
        orders = {"search": found, **baseline_orders(pictures, anchor)}
        add_anchor(score, orders, anchor, duplicates[anchor], lookalikes[anchor])
        score.accepted += any(
            item["accepted"]
            for item in answer["items"]
            if item["record"]["id"] == duplicates[anchor]
        )
    return {
        "records": len(ids),
        "pictures": len(pictures.record_ids),
        "planted_pairs": len(dataset.pairs),
        "planted_lookalikes": len(dataset.lookalikes),
        "searched": len(searched),
        "anchors": score.anchors,
        "planted_in_top5": score.in_top5["search"],
        "planted_first": score.first["search"],
        "planted_accepted": score.accepted,
        "phash_in_top5": score.in_top5["phash"],
        "correlation_in_top5": score.in_top5["correlation"],
        "lookalikes": score.lookalikes,
        "lookalikes_above_true": score.lookalikes_above,
        "methods": {name: _method(score, name) for name in METHODS},
        "missed": score.missed,
        "found": [
            _row(answer, duplicates.get(anchor), lookalikes[anchor])
            for anchor, answer in searched.items()
        ],
    }


def _method(score: Score, name: str) -> dict[str, int]:
    columns = asdict(score)
    return {key: columns[key][name] for key in ("first", "in_top5", "lookalikes_above")}


def _row(answer: Mapping[str, Any], duplicate: str | None, lookalikes: list[str]) -> dict[str, Any]:
    """Return one line of the table: an anchor and its best candidate."""
    row: dict[str, Any] = {
        "anchor": {key: answer["record"][key] for key in ("id", "title", "source")},
        "status": answer["status"],
        "candidate": None,
    }
    if answer["items"]:
        best = answer["items"][0]
        other = best["record"]["id"]
        row |= {
            "candidate": {key: best["record"][key] for key in ("id", "title", "source")},
            "norm": best["norm"],
            "tau": answer["run"]["tau"],
            "accepted": best["accepted"],
            "truth": _truth(other, duplicate, lookalikes),
            "clones": f"/records/{answer['record']['id']}/clones",
            "mirador": best["iiif"]["comparison"],
        }
    return row


def _truth(candidate: str, duplicate: str | None, lookalikes: list[str]) -> str | None:
    if duplicate is None:
        return None
    if candidate == duplicate:
        return "same artefact"
    return "look-alike" if candidate in lookalikes else "another artefact"


def show_report(report: Mapping[str, Any], console: Console) -> None:
    """Print the best candidate of each anchor, and where the planted duplicates stand."""
    table = Table(title="Best candidate of each anchor", expand=True)
    for column in ("", "anchor", "candidate", "collections", "norm, threshold", "truth"):
        table.add_column(column)
    for number, row in enumerate(report["found"], 1):
        table.add_row(str(number), *_cells(row))
    console.print(table)
    console.print("The same side by side in Mirador:")
    for number, row in enumerate(report["found"], 1):
        if row["candidate"]:
            console.print(f"{number:4}  {row['mirador']}", soft_wrap=True, highlight=False)
    if report["anchors"]:
        _show_methods(report, console)
    console.print(
        f"{report['records']} records with {report['pictures']} pictures, "
        f"{report['searched']} searched, {report['seconds']:.0f} s in all."
    )


def _cells(row: Mapping[str, Any]) -> tuple[str | Text, ...]:
    """Return a row's cells; titles as text, since they may hold what looks like markup."""
    anchor, candidate = row["anchor"], row["candidate"]
    if candidate is None:
        return Text(anchor["title"]), "", anchor["source"], row["status"], ""
    return (
        Text(anchor["title"]),
        Text(candidate["title"]),
        f"{anchor['source']} → {candidate['source']}",
        f"{row['norm']:.2f} {'≤' if row['accepted'] else '>'} {row['tau']:.2f}",
        row["truth"] or "unknown",
    )


def _show_methods(report: Mapping[str, Any], console: Console) -> None:
    title = f"Where the planted duplicate stands ({report['anchors']} anchors)"
    table = Table(title=title)
    for column in ("method", "first", "in the top 5", "look-alikes above it"):
        table.add_column(column)
    for name, counts in report["methods"].items():
        table.add_row(
            name,
            str(counts["first"]),
            str(counts["in_top5"]),
            f"{counts['lookalikes_above']} of {report['lookalikes']}",
        )
    console.print(table)
