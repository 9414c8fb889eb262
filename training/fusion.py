"""Fits the fusion that comes with the package: `python -m training.fusion`.

Writes `iiif_dedup/evidence/fusion.json` and `training/fusion.json`, the log. It is fitted to all
development sets; so its own figures are quoted nowhere. Every figure of the documentation comes
from fusions that had not seen the set they judge (`make bench-haystack`, `make bench-museum`).
The probabilities that strangers reach, which a budget becomes a threshold by, are such too.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.progress import Progress

from benchmarks.fused import HELD_OUT, SetOfPairs, held_out, together
from benchmarks.haystack_encoders import POOL, encoders
from benchmarks.haystack_methods import methods
from benchmarks.haystack_pool import parser, prepare
from benchmarks.report import machine, write_results
from benchmarks.weighed import haystack_pairs, made_pairs
from iiif_dedup.evidence import fusion
from iiif_dedup.evidence.fitting import fit, with_threshold
from iiif_dedup.evidence.fusion import Fusion
from iiif_dedup.types import Json

VERSION = "1"
SHIPPED = Path(fusion.__file__).with_name(fusion.SHIPPED)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, and write the fusion and the log."""
    options = parser("fusion", __doc__).parse_args(arguments)
    begun = time.perf_counter()
    with Progress() as progress:
        prepared = prepare(options, progress)
        haystack = prepared.haystack
        own = encoders(
            [POOL],
            haystack,
            prepared.arrays["tile"][: haystack.pool],
            options.work / "encoders",
            seed=options.seed,
            progress=progress,
        )
        by = methods(prepared.arrays, prepared.digests, haystack.pool, own)
        every = [
            *haystack_pairs(prepared, by, options, progress),
            made_pairs(prepared, own[""], options, progress),
        ]
    judges = held_out(every)
    met = [(one.family, len(one.proposed), _strangers(one, judges[one.family])) for one in every]
    names = ", ".join(one.name for one in every)
    fitted = fit(
        together(every),
        version=VERSION,
        data=f"Proposed pairs of {names}; see training/README.md",
    )
    _write(SHIPPED, fitted, met)
    for family, judge in judges.items():
        _write(HELD_OUT / f"{family}.json", judge, [one for one in met if one[0] != family])
    log: dict[str, Json] = {
        "version": fitted.version,
        "pool": haystack.pool,
        "sets": {
            one.name: {
                "queries": len(one.proposed),
                "pairs": len(one.examples().same),
                "same": int(one.examples().same.sum()),
            }
            for one in every
        },
        "seconds": time.perf_counter() - begun,
        "machine": machine(),
    }
    write_results("fusion", log, Path(__file__).parent)


Met = tuple[str, int, Sequence[float]]
"""A family, queries of it, and the probabilities of strangers that these met."""


def _strangers(pairs: SetOfPairs, judge: Fusion) -> list[float]:
    """Return the probabilities of proposed strangers, by a fusion that has not seen them."""
    examples = pairs.examples()
    places = np.flatnonzero(~examples.same).tolist()
    return [judge.probability(examples.measures[place]) for place in places]


def _write(path: Path, fitted: Fusion, met: Sequence[Met]) -> None:
    """Write a fusion with the threshold that held-out fusions give."""
    strangers = [one for _, _, some in met for one in some]
    complete = with_threshold(fitted, strangers, sum(queries for _, queries, _ in met))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(complete.model_dump_json(indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
