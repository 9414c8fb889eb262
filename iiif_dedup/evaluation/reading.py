"""Where a gold set comes from: a folder with truth, or verdicts on a folder or on records."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.errors import EvaluationError
from iiif_dedup.evaluation.datasets import RECORDS, TRUTH, read_data_folder, read_one_set
from iiif_dedup.evaluation.gold import Entry, Gold, gold_of_haystack
from iiif_dedup.evaluation.haystack import build_haystack
from iiif_dedup.evaluation.verdicts import gold_of_verdicts, read_verdicts
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.images import ImageState
from iiif_dedup.store.models import Image, ImageVersion, Record
from iiif_dedup.store.records import ACTIVE

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".gif", ".bmp"})


def read_folder(folder: Path, verdicts: Path | None = None, *, seed: int = 1) -> Gold:
    """Return the gold of a folder of pictures.

    Args:
        folder: A set in one of the shapes of `datasets`, or a folder of such sets; with
            verdicts any folder of pictures, whose folders are then its sources.
        verdicts: A CSV file that names pictures by their path in the folder; see `verdicts`.
        seed: Of the pool's order, so that equal distances favour nobody.

    Raises:
        EvaluationError: There is no such folder, or nothing in it can be judged.
    """
    if not folder.is_dir():
        raise EvaluationError(f"There is no folder {folder}.")
    if verdicts is not None:
        return _judged_folder(folder, verdicts, seed)
    if any((folder / name).is_file() for name in (TRUTH, RECORDS)):
        found = read_one_set(folder)
        parent = folder.parent
    else:
        found = read_data_folder(folder)
        parent = folder
    haystack = build_haystack(found.sets, seed=seed)
    if not haystack.query_sets:
        raise EvaluationError(
            f"In {folder} no picture has a partner. Expected {TRUTH} or {RECORDS} there or in its "
            f"folders, or a file of verdicts. {' '.join(found.skipped)}".rstrip()
        )
    return gold_of_haystack(haystack, parent, found.skipped)


def read_collection(
    session: Session,
    derivatives: Derivatives,
    verdicts: Path,
    *,
    sources: Sequence[str] = (),
    seed: int = 1,
) -> Gold:
    """Return the gold of harvested records, by their derivatives.

    Args:
        session: A read session.
        derivatives: Small pictures of what was harvested.
        verdicts: A CSV file that names records by our id or the partner's identifier.
        sources: Keys of the sources that are searched; all when empty.
        seed: Of the pool's order.

    Raises:
        EvaluationError: A verdict names no record with a picture, or no picture is kept.
    """
    statement = (
        select(Record.id, Record.identifier, Record.source_key, ImageVersion.sha256)
        .join(Image, Image.record_id == Record.id)
        .join(ImageVersion, ImageVersion.id == Image.current_version_id)
        .where(Record.state == ACTIVE, Image.state == ImageState.READY)
        .order_by(Record.id, Image.position)
    )
    if sources:
        statement = statement.where(Record.source_key.in_(sources))
    pictures: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    missing = 0
    for record_id, identifier, source, sha256 in session.execute(statement):
        if derivatives.has(sha256):
            pictures[record_id, identifier, source].append(derivatives.path(sha256))
        else:
            missing += 1
    if not pictures:
        raise EvaluationError(
            f"No harvested picture can be looked at; {missing} have no derivative. Harvest with "
            "IIIF_DEDUP_DERIVATIVES on."
        )
    entries = [
        Entry(f"{identifier} ({record_id})", tuple(paths), source)
        for (record_id, identifier, source), paths in pictures.items()
    ]
    rows: dict[str, list[int]] = defaultdict(list)
    for row, (record_id, identifier, _) in enumerate(pictures):
        for name in {record_id, identifier}:
            rows[name].append(row)
    gold = gold_of_verdicts("verdicts", entries, rows, read_verdicts(verdicts), seed=seed)
    return _with_partners(gold, verdicts)


def _judged_folder(folder: Path, verdicts: Path, seed: int) -> Gold:
    paths = sorted(
        Path(parent) / name
        for parent, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in PICTURES
    )
    names = [path.relative_to(folder) for path in paths]
    entries = [
        Entry(str(name), (path,), name.parts[0] if len(name.parts) > 1 else "")
        for name, path in zip(names, paths, strict=True)
    ]
    rows = {name.as_posix(): [row] for row, name in enumerate(names)}
    gold = gold_of_verdicts("verdicts", entries, rows, read_verdicts(verdicts), seed=seed)
    return _with_partners(gold, verdicts)


def _with_partners(gold: Gold, verdicts: Path) -> Gold:
    if not gold.sets:
        raise EvaluationError(f"{verdicts} holds no pair that shows the same; nothing to find.")
    return gold
