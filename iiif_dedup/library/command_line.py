"""`python -m iiif_dedup`: find the duplicates of one picture, or scan a folder for all."""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from iiif_dedup import __version__
from iiif_dedup.errors import IiifDedupError
from iiif_dedup.library.cache import write_whole
from iiif_dedup.library.files import shown
from iiif_dedup.library.folder import BUDGET, LIMIT, Folder
from iiif_dedup.library.progress_bars import progress_bars
from iiif_dedup.library.results import FolderScan, Pair
from iiif_dedup.library.sheet import label, sheet

_SHOWN = 50
"""Pairs that a scan prints; files hold them all."""
_FAILURES_SHOWN = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, 1 after an error, 130 after Ctrl-C.

    Args:
        arguments: As typed behind `python -m iiif_dedup`; those of this process when None.
    """
    options = _parser().parse_args(arguments)
    out, err = Console(), Console(stderr=True)
    # Pillow warns of damage that it can live with; what it cannot live with is listed.
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    try:
        with progress_bars(err, lasting=False) as progress:
            folder = Folder.open(options.folder, cache=options.cache, progress=progress)
            if options.train:
                folder.train()
            report = options.run(folder, options)
        report(out)
        _print_failures(folder, err)
    except IiifDedupError as error:
        err.print(Text(f"error: {shown(str(error))}", style="red"))
        return 1
    except KeyboardInterrupt:
        err.print("stopped; what was read is kept")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m iiif_dedup",
        description="Find pictures that show the same thing, without the service.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    find = commands.add_parser("find", help="what shows the same as one picture")
    find.add_argument("image", type=Path, help="the picture, in the folder or not")
    find.add_argument("--limit", type=_count, default=LIMIT, help=f"most matches ({LIMIT})")
    find.add_argument(
        "--delta", type=float, default=0.0, help="moves the threshold of acceptance to τ + δ (0)"
    )
    find.set_defaults(run=_find)

    scan = commands.add_parser("scan", help="all pairs of a folder")
    scan.add_argument(
        "--budget",
        type=_positive,
        default=BUDGET,
        help=f"false alerts per picture, on average ({BUDGET}); a folder full of duplicates needs "
        "a larger one",
    )
    scan.add_argument("--json", type=Path, metavar="FILE", help="write all pairs as JSON")
    scan.set_defaults(run=_scan)

    for command in (find, scan):
        command.add_argument("folder", type=Path, help="the folder of pictures")
        command.add_argument("--html", type=Path, metavar="FILE", help="write a sheet of pictures")
        command.add_argument(
            "--train", action="store_true", help="train an encoder on the folder first (minutes)"
        )
        command.add_argument("--cache", type=Path, metavar="FOLDER", help="where results are kept")
    return parser


def _find(folder: Folder, options: argparse.Namespace) -> Callable[[Console], None]:
    matches = folder.find(options.image, limit=options.limit, delta=options.delta)
    pairs = [
        Pair(options.image, match.path, match.rank, match.norm, match.accepted, match.found_by)
        for match in matches
    ]
    accepted = sum(pair.accepted for pair in pairs)
    title = f"What may show the same as {shown(options.image)}"
    summary = (
        f"The nearest {len(pairs)} of {len(folder.pictures)} pictures; the clone rule accepts "
        f"{accepted} of them."
    )
    if options.html:
        write_whole(options.html, sheet(title, summary, pairs).encode("utf-8"))

    def report(console: Console) -> None:
        table = _table(title, "picture")
        for pair in pairs:
            table.add_row(str(pair.rank), _name(pair.second, folder), *_cells(pair))
        console.print(table)
        console.print(summary)

    return report


def _scan(folder: Folder, options: argparse.Namespace) -> Callable[[Console], None]:
    found = folder.scan(budget=options.budget)
    title = f"Pictures of {shown(folder.path)} that may show the same"
    summary = _summary(folder, found)
    if options.json:
        write_whole(options.json, _document(folder, found).encode("ascii"))
    if options.html:
        write_whole(options.html, sheet(title, summary, found.pairs).encode("utf-8"))

    def report(console: Console) -> None:
        table = _table(title, "picture", "picture")
        for pair in found.pairs[:_SHOWN]:
            names = _name(pair.first, folder), _name(pair.second, folder)
            table.add_row(str(pair.rank), *names, *_cells(pair))
        console.print(table)
        if len(found.pairs) > _SHOWN:
            console.print(f"The first {_SHOWN}; --json and --html write more.")
        console.print(summary)

    return report


def _summary(folder: Folder, found: FolderScan) -> str:
    meaning = {
        "met": "the budget was measured in the folder",
        "extrapolated": "the budget lies beyond what could be measured in the folder",
        "uncalibrated": "too few pictures to measure a budget",
    }[found.budget_status]
    return (
        f"{len(found.pairs)} pairs among {len(folder.pictures)} pictures, "
        f"{len(folder.pictures) - found.searched} of them blank; δ = {found.delta:+.3f}, {meaning}."
    )


def _document(folder: Folder, found: FolderScan) -> str:
    document = {
        "folder": str(folder.path),
        "pictures": len(folder.pictures),
        "searched": found.searched,
        "delta": found.delta,
        "budget_status": found.budget_status,
        "pairs": [
            {
                "rank": pair.rank,
                "first": str(pair.first),
                "second": str(pair.second),
                "norm": pair.norm,
                "accepted": pair.accepted,
                "found_by": dict(pair.found_by),
            }
            for pair in found.pairs
        ],
        "failures": [
            {"path": str(one.path), "reason": one.reason.value, "detail": one.detail}
            for one in folder.failures
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _table(title: str, *names: str) -> Table:
    table = Table(title=Text(title))
    table.add_column("", justify="right")
    for name in names:
        table.add_column(name, overflow="fold")
    table.add_column("norm", justify="right")
    table.add_column("accepted")
    table.add_column("found by")
    return table


def _cells(pair: Pair) -> tuple[str, str, Text]:
    return f"{pair.norm:.3f}", "yes" if pair.accepted else "no", Text(_found_by(pair.found_by))


def _found_by(ranks: Mapping[str, int]) -> str:
    return ", ".join(
        label(name) if name == "sha256" else f"{label(name)} {rank}" for name, rank in ranks.items()
    )


def _name(path: Path, folder: Folder) -> Text:
    """Return a path in the folder; as `Text`, since names may look like markup."""
    return Text(shown(path.relative_to(folder.path)))


def _print_failures(folder: Folder, console: Console) -> None:
    if not folder.failures:
        return
    console.print(f"{len(folder.failures)} picture files could not be read:")
    for one in folder.failures[:_FAILURES_SHOWN]:
        console.print(Text(f"  {shown(one.path)}: {shown(one.detail)}"))
    if len(folder.failures) > _FAILURES_SHOWN:
        console.print(f"  and {len(folder.failures) - _FAILURES_SHOWN} more")


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1, got {text}")
    return count


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number
