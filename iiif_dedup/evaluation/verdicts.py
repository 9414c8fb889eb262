"""Judged pairs as a CSV file, the form in which verdicts are a gold set.

The first line is `a,b,relation`; `a` and `b` name two entries, and the relation is one of those
below. A pair may stand there several times, once for each judge.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from iiif_dedup.errors import EvaluationError
from iiif_dedup.evaluation.gold import Entry, Gold, gold_of_shares

SAME = frozenset({"same image", "same object"})
"""Relations that make a pair a match."""
OTHER = frozenset({"similar", "not related"})
"""Relations that make it none."""
NEITHER = frozenset({"part of", "copy after", "cannot say"})
"""Relations that count neither way: worth showing, but no duplicate, or not decided."""
COLUMNS = ("a", "b", "relation")
MOST_BYTES = 64 * 2**20


class JudgedPair(NamedTuple):
    """One line: what one judge said of two entries."""

    a: str
    b: str
    relation: str


def read_verdicts(path: Path) -> list[JudgedPair]:
    """Return the judged pairs of a CSV file in UTF-8; further columns are left aside.

    Raises:
        EvaluationError: The file cannot be read, or a line is not as expected.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EvaluationError(f"{path} has more than {MOST_BYTES} bytes; divide it.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise EvaluationError(
                    f"{path} must begin with the line a,b,relation; it begins with "
                    f"{','.join(reader.fieldnames or ())!r:.200}."
                )
            return [_pair(row, f"{path}, line {reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EvaluationError(f"{path} is no CSV file in UTF-8: {error}.") from error


def gold_of_verdicts(
    name: str,
    entries: Sequence[Entry],
    rows: Mapping[str, Sequence[int]],
    pairs: Sequence[JudgedPair],
    *,
    seed: int = 0,
) -> Gold:
    """Return the gold of judged pairs; see `gold_of_shares`.

    Args:
        name: Of the query set.
        entries: All entries.
        rows: By every name that a pair may use, which entries it means.
        pairs: What was judged.
        seed: Of the pool's order.

    Raises:
        EvaluationError: A name means no entry, or several, or nothing else than itself.
    """
    said: dict[tuple[int, int], list[bool]] = defaultdict(list)
    unclear = set()
    for pair in pairs:
        a, b = sorted(_row(rows, one) for one in (pair.a, pair.b))
        if a == b:
            raise EvaluationError(f"{pair.a!r} is judged against itself; take that line out.")
        if pair.relation in NEITHER:
            unclear.add((a, b))
        else:
            said[a, b].append(pair.relation in SAME)
    shares = {pair: sum(votes) / len(votes) for pair, votes in said.items()}
    return gold_of_shares(name, entries, shares, unclear - shares.keys(), seed=seed)


def _pair(row: Mapping[str, str | None], place: str) -> JudgedPair:
    pair = JudgedPair(*((row[column] or "").strip() for column in COLUMNS))
    known = SAME | OTHER | NEITHER
    if not pair.a or not pair.b or pair.relation not in known:
        raise EvaluationError(
            f"{place}: expected two names and one of {', '.join(sorted(known))}; got "
            f"{','.join(pair)!r:.200}."
        )
    return pair


def _row(rows: Mapping[str, Sequence[int]], name: str) -> int:
    found = rows.get(name, ())
    if len(found) != 1:
        what = "names nothing that is searched" if not found else f"names {len(found)} entries"
        raise EvaluationError(
            f"{name[:200]!r} {what}; write an id, or an identifier that only one entry has."
        )
    return found[0]
