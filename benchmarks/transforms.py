"""`make bench-transforms`: pictures changed in ways that nothing was trained on.

Each anchor is changed at full size (`iiif_dedup.evaluation.transforms`) and looked for in the
haystack's pool, where the unchanged picture lies among everything else. Prints a table and writes
`benchmarks/results/transforms.json`.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress
from rich.table import Table

from benchmarks.haystack_encoders import ENCODERS, POOL, encoders
from benchmarks.haystack_methods import DESCRIPTORS, describers, methods, parts_describers
from benchmarks.haystack_pool import Prepared, bar, parser, prepare, wide_console
from benchmarks.report import machine, write_results
from iiif_dedup.evaluation.features import Pixels, decoded, describe_pictures
from iiif_dedup.evaluation.haystack import TOP, Findings, Haystack, QuerySet, find
from iiif_dedup.evaluation.metrics import Interval, wilson_interval
from iiif_dedup.evaluation.transforms import TRANSFORMS, VERSION
from iiif_dedup.types import Json

ANCHORS: Mapping[str, int | None] = {
    "attic_cva10": None,
    "imagenet1000": 200,
    "museum_paintings": None,
}
"""Sets that anchors come from, and the most of each."""

_SHOWN = ("phash", "efficientnet", "phash_turned", *DESCRIPTORS, "clone_rule", "union")
"""Methods in the printed table; the file has all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one method did with the pictures changed in one way.

    Attributes:
        n: Pictures.
        recall: The part of them whose original is among the nearest 50, or in the union.
        accepted: The part whose original the clone rule accepts; None without such a rule.
        false_alerts: What else it accepts per picture.
    """

    n: int
    recall: Interval
    accepted: Interval | None
    false_alerts: float


Judged = Mapping[str, Mapping[str, Outcome]]
"""By transform, then method."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    making = parser("transforms", __doc__)
    making.add_argument("--encoder", choices=ENCODERS, default=POOL, help="of the clone rule")
    options = making.parse_args(arguments)
    console = wide_console()
    with Progress(console=console) as progress:
        prepared = prepare(options, progress)
        pool = prepared.haystack.pool
        anchors = choose_anchors(prepared.haystack, options.seed)
        if not len(anchors):
            raise SystemExit(f"{options.data} holds none of the sets {', '.join(ANCHORS)}.")
        changed = change(prepared, anchors, options.work / "transformed", options.seed, progress)
        own = encoders(
            [options.encoder],
            prepared.haystack,
            prepared.arrays["tile"][:pool],
            options.work / "encoders",
            seed=options.seed,
            progress=progress,
        )
        advance = bar(progress, "Queries", len(changed.digests) - pool)
        (encoder,) = own.values()
        by = methods(changed.arrays, changed.digests, pool, {"": encoder})
        judged = {
            queries.name: {
                name: outcome(queries, findings)
                for name, findings in find(queries, pool, by, advance=advance).items()
            }
            for queries in changed.haystack.query_sets
        }
    console.print(table(judged, len(anchors)))
    results = report(judged, anchors=len(anchors), pool=pool, seed=options.seed)
    path = write_results("transforms", results, options.results)
    console.print(f"Searched a pool of {pool:,} pictures. Written to {path}")


def choose_anchors(haystack: Haystack, seed: int) -> NDArray[np.int64]:
    """Return rows of the pool, drawn by the seed where a set has more than are asked for."""
    by_set: dict[str, list[int]] = {name: [] for name in ANCHORS}
    for row, picture in enumerate(haystack.pictures[: haystack.pool]):
        for thing in picture.objects:
            name = thing.partition("/")[0]
            if name in by_set:
                by_set[name].append(row)
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(rows)[: ANCHORS[name]] for name, rows in by_set.items()]
    return np.sort(np.concatenate(drawn)).astype(np.int64)


def change(
    prepared: Prepared,
    anchors: NDArray[np.int64],
    cache: Path,
    seed: int,
    progress: Progress,
) -> Prepared:
    """Return the pool with every anchor changed in every way behind it, a query set a way."""
    pool = prepared.haystack.pool
    pictures = [prepared.haystack.pictures[row] for row in anchors]
    digests = [prepared.digests[row] for row in anchors]
    ways = list(product(TRANSFORMS, zip(pictures, digests, strict=True)))
    names = [f"{digest}/{way}/{VERSION}/{seed}" for way, (_, digest) in ways]
    loads = {
        name: partial(_changed, picture.path, way, digest, seed)
        for name, (way, (picture, digest)) in zip(names, ways, strict=True)
    }
    advance = bar(progress, "Changed pictures", len(loads))
    of_queries = [*describers(), *parts_describers()]
    known = describe_pictures(loads, of_queries, cache, advance=advance).of(names)
    count = len(anchors)
    return Prepared(
        Haystack(
            pictures=(*prepared.haystack.pictures[:pool], *pictures * len(TRANSFORMS)),
            pool=pool,
            query_sets=tuple(
                QuerySet(
                    name,
                    pool + step * count + np.arange(count),
                    tuple(anchors[:, np.newaxis]),
                    np.arange(count),
                )
                for step, name in enumerate(TRANSFORMS)
            ),
        ),
        {name: np.concatenate([prepared.arrays[name][:pool], known[name]]) for name in known},
        [
            *prepared.digests[:pool],
            *(hashlib.sha256(name.encode()).hexdigest() for name in names),
        ],
    )


def _changed(path: Path, name: str, digest: str, seed: int) -> Pixels:
    rng = np.random.default_rng([seed, int(digest[:16], 16), zlib.crc32(name.encode())])
    return TRANSFORMS[name](decoded(path), rng)


def outcome(queries: QuerySet, findings: Findings) -> Outcome:
    """Return the figures of one method; each query's only partner is its original."""
    n = len(queries.queries)
    originals = [int(rows[0]) for rows in queries.relevant]
    found = sum(row in top for row, top in zip(originals, findings.top, strict=True))
    accepted = None
    if findings.accepted:
        accepted = wilson_interval(sum(hits for hits, _ in findings.accepted), n)
    strangers = sum(others for _, others in findings.accepted)
    return Outcome(n, wilson_interval(found, n), accepted, strangers / n)


def table(judged: Judged, anchors: int) -> Table:
    """Return a line a transform: where the original was found, and what the rule accepted."""
    result = Table(title=f"{anchors} pictures, each changed: recall@{TOP} of the unchanged one")
    for column in ("transform", *_SHOWN, "clone_rule at τ"):
        result.add_column(column, justify="left" if column == "transform" else "right")
    for transform, row in judged.items():
        cells = [f"{row[name].recall.estimate:.3f}" for name in _SHOWN]
        accepted = [one.accepted.estimate for one in row.values() if one.accepted is not None]
        result.add_row(transform, *cells, *(f"{part:.3f}" for part in accepted))
    return result


def report(judged: Judged, *, anchors: int, pool: int, seed: int) -> dict[str, Json]:
    """Return the result file's content: the transforms by name, beside what the run was."""
    return {
        "benchmark": "transforms",
        "machine": machine(),
        "seed": seed,
        "pool": pool,
        "anchors": anchors,
        "intervals": "95 %, [low, high], Wilson",
        **{
            transform: {name: _row(one) for name, one in row.items()}
            for transform, row in judged.items()
        },
    }


def _row(one: Outcome) -> dict[str, Json]:
    estimate, low, high = one.recall
    row: dict[str, Json] = {
        "n": one.n,
        f"recall_at_{TOP}": estimate,
        f"recall_at_{TOP}_interval": [low, high],
    }
    if one.accepted is not None:
        estimate, low, high = one.accepted
        row |= {"recall_at_tau": estimate, "recall_at_tau_interval": [low, high]}
        row["false_alerts"] = one.false_alerts
    return row


if __name__ == "__main__":
    main()
