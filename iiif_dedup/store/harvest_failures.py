"""What harvests could not read, with reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from iiif_dedup.errors import Reason
from iiif_dedup.store import aliases, ids
from iiif_dedup.store.database import upsert
from iiif_dedup.store.harvested_images import RETRIABLE
from iiif_dedup.store.models import Harvest, HarvestFailure, Record
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.text import storable
from iiif_dedup.types import RecordFailure

_CHUNK = 500


def store(session: Session, harvest: Harvest, failures: Sequence[RecordFailure]) -> int:
    """Store failures, and return how many were not stored yet; the same one twice is one row.

    A record that a failure names, by identifier or URL, counts as seen: it is still there.
    """
    if not failures:
        return 0
    rows = {}
    for failure in failures:
        identifier, url = _storable(failure)
        row = {
            "harvest_id": harvest.id,
            "identifier": identifier,
            "url": url,
            "reason": failure.reason.value,
            "detail": storable(failure.detail),
        }
        natural_key = json.dumps([identifier, url, failure.reason.value])
        row_id = ids.stable_id(harvest.id, natural_key)
        rows[row_id] = row | {"id": row_id}
    there = select(HarvestFailure.id).where(HarvestFailure.id.in_(rows))
    known = len(session.scalars(there).all())
    upsert(session, HarvestFailure, list(rows.values()), key=["id"], update=["detail"])
    named = [_storable(failure) for failure in failures]
    seen = _records(session, harvest, named).values()
    session.execute(
        update(Record).where(Record.id.in_(set(seen))).values(last_harvest_id=harvest.id)
    )
    return len(rows) - known


def list_failures(
    session: Session, harvest_id: str, *, cursor: str | None = None, limit: int = 50
) -> Page[HarvestFailure]:
    """Return what a harvest could not read, by id. Raises CursorError as `paginate`."""
    statement = select(HarvestFailure).where(HarvestFailure.harvest_id == harvest_id)
    return paginate(session, statement, (HarvestFailure.id,), cursor=cursor, limit=limit)


def by_reason(session: Session, harvest_id: str) -> dict[str, int]:
    """Return how many failures of a harvest have each reason, most frequent first."""
    number = func.count()
    statement = (
        select(HarvestFailure.reason, number)
        .where(HarvestFailure.harvest_id == harvest_id)
        .group_by(HarvestFailure.reason)
        .order_by(number.desc(), HarvestFailure.reason)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def may_pass(session: Session, harvest_id: str) -> bool:
    """Tell whether a harvest has a failure that may be gone at the next one."""
    statement = select(HarvestFailure.id).where(
        HarvestFailure.harvest_id == harvest_id, HarvestFailure.reason.in_(RETRIABLE)
    )
    return session.scalar(select(statement.exists())) is True


def to_read_again(
    session: Session, harvest: Harvest, *, only: str | None, behind: str, limit: int
) -> list[HarvestFailure]:
    """Return failures that a harvest should read again first, by id.

    Args:
        session: A session.
        harvest: The one that reads.
        only: All of this harvest's failures, but for those that say that a record came twice;
            None for those that may pass of all harvests since the last one that came to its end.
        behind: Failures up to this id are left out.
        limit: Most of them.
    """
    statement = select(HarvestFailure).where(HarvestFailure.id > behind)
    if only is not None:
        statement = statement.where(
            HarvestFailure.harvest_id == only, HarvestFailure.reason != Reason.DUPLICATE_MEMBER
        )
    else:
        earlier = and_(Harvest.source_key == harvest.source_key, Harvest.number < harvest.number)
        last = select(func.max(Harvest.number)).where(
            earlier, Harvest.state == "finished", Harvest.kind != "retry"
        )
        since = select(Harvest.id).where(earlier, Harvest.number >= last.scalar_subquery())
        statement = statement.where(
            HarvestFailure.harvest_id.in_(since), HarvestFailure.reason.in_(RETRIABLE)
        )
    return list(session.scalars(statement.order_by(HarvestFailure.id).limit(limit)))


def names_only_known(session: Session, harvest: Harvest) -> bool:
    """Tell whether every failure of a harvest names a record that is known.

    That something was named twice hides nothing, whatever it was.
    """
    return all(
        len(_records(session, harvest, chunk)) == len(chunk) for chunk in _named(session, harvest)
    )


def _storable(failure: RecordFailure) -> tuple[str, str | None]:
    url = None if failure.url is None else storable(failure.url)
    return storable(failure.identifier), url


def _named(session: Session, harvest: Harvest) -> Iterator[list[tuple[str, str | None]]]:
    """Yield identifiers and URLs of a harvest's failures, each pair once, in chunks."""
    statement = (
        select(HarvestFailure.identifier, HarvestFailure.url)
        .where(HarvestFailure.harvest_id == harvest.id)
        .where(HarvestFailure.reason != Reason.DUPLICATE_MEMBER)
        .distinct()
    )
    for rows in session.execute(statement).partitions(_CHUNK):
        yield [(row.identifier, row.url) for row in rows]


def _records(
    session: Session, harvest: Harvest, named: Sequence[tuple[str, str | None]]
) -> dict[tuple[str, str | None], str]:
    """Return identifier and URL → the record of the source that they name, of those known."""
    own = {pair: ids.record_id(harvest.source_key, pair[0]) for pair in named}
    resolved = aliases.resolve_many(session, own.values())
    urls = [url for _, url in named if url is not None]
    # Two statements, each by one index alone: a source may have a million records.
    record = select(Record.id, Record.manifest_url, Record.source_key)
    rows = [
        row
        for condition in (Record.id.in_(set(resolved.values())), Record.manifest_url.in_(urls))
        for row in session.execute(record.where(condition))
        if row.source_key == harvest.source_key
    ]
    by_id = {row.id for row in rows}
    by_url = {row.manifest_url: row.id for row in rows}
    found = {}
    for pair, record_id in own.items():
        if resolved[record_id] in by_id:
            found[pair] = resolved[record_id]
        elif pair[1] in by_url:
            found[pair] = by_url[pair[1]]
    return found
