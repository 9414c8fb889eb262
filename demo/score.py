"""How well the demo's searches did, against the truth that its partners publish.

A rank is a place among *records*: the best picture of a record counts. The service's search,
the perceptual hash and the pixel correlation rank the same records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from iiif_dedup.evaluation.baselines import correlation_distances, phash_distances
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Image, ImageVersion, Tile

METHODS = ("search", "phash", "correlation")
TOP = 5


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures that were searched, in one order.

    Attributes:
        record_ids: The record of each picture.
        positions: Its 0-based place in the record.
        tiles: uint8, N × 32 × 32 × 3.
        hashes: The 64-bit perceptual hash of each, as 16 hexadecimal digits.
    """

    record_ids: NDArray[np.str_]
    positions: NDArray[np.int64]
    tiles: NDArray[np.uint8]
    hashes: NDArray[np.str_]


@dataclass(slots=True)
class Score:
    """Counts over all anchors that have a planted duplicate.

    Attributes:
        anchors: Anchors with a planted duplicate.
        in_top5: By method, how many have it among the first five records.
        first: By method, how many have it first.
        lookalikes_above: By method, how many look-alikes of an anchor rank above its duplicate.
        lookalikes: Look-alikes of these anchors in all.
        accepted: Duplicates with a norm ≤ τ.
        missed: What the search did not bring into the top five, for a person to look at.
    """

    anchors: int = 0
    in_top5: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    first: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    lookalikes_above: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METHODS, 0))
    lookalikes: int = 0
    accepted: int = 0
    missed: list[dict[str, object]] = field(default_factory=list)


def load_pictures(database: Database) -> Pictures:
    """Return every picture that the service made a tile of, in the order of the pool."""
    statement = (
        select(Image.record_id, Image.position, Tile.pixels, Tile.phash)
        .join(ImageVersion, ImageVersion.id == Image.current_version_id)
        .join(Tile, Tile.sha256 == ImageVersion.sha256)
        .order_by(ImageVersion.sequence)
    )
    with database.read() as session:
        rows = session.execute(statement).all()
    tiles = np.stack([np.frombuffer(row.pixels, np.uint8).reshape(32, 32, 3) for row in rows])
    return Pictures(
        record_ids=np.array([row.record_id for row in rows]),
        positions=np.array([row.position for row in rows]),
        tiles=tiles,
        hashes=np.array([row.phash for row in rows]),
    )


def baseline_orders(pictures: Pictures, anchor: str) -> dict[str, list[str]]:
    """Return, by baseline, the other records ordered from most to least like `anchor`'s picture."""
    mine = np.flatnonzero(pictures.record_ids == anchor)
    start = mine[np.argmin(pictures.positions[mine])]
    others = pictures.record_ids != anchor
    records = pictures.record_ids[others]
    distances = {
        "phash": phash_distances(pictures.hashes[start], pictures.hashes[others].tolist()),
        "correlation": correlation_distances(pictures.tiles[start], pictures.tiles[others]),
    }
    return {
        name: list(dict.fromkeys(records[np.argsort(values, kind="stable")].tolist()))
        for name, values in distances.items()
    }


def add_anchor(
    score: Score,
    orders: Mapping[str, Sequence[str]],
    anchor: str,
    duplicate: str,
    lookalikes: Sequence[str],
) -> None:
    """Count one anchor; `orders` holds, by method, record ids from best to worst."""
    score.anchors += 1
    score.lookalikes += len(lookalikes)
    for method, order in orders.items():
        places = {record: place for place, record in enumerate(order, 1)}
        rank = places.get(duplicate)
        score.first[method] += rank == 1
        score.in_top5[method] += rank is not None and rank <= TOP
        # A duplicate that is not in the list at all stands behind everything that is.
        limit = rank or len(order) + 1
        score.lookalikes_above[method] += sum(
            places.get(other, limit) < limit for other in lookalikes
        )
        if method == "search" and (rank is None or rank > TOP):
            score.missed.append({"anchor": anchor, "duplicate": duplicate, "rank": rank})
