"""Sources: the partner collections that are harvested."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from iiif_dedup.errors import StoreError
from iiif_dedup.store.clock import Clock, utc_now
from iiif_dedup.store.models import Job, Source
from iiif_dedup.store.pages import Page, paginate
from iiif_dedup.store.work import enqueue_harvest
from iiif_dedup.types import Json

KEY_PATTERN = r"[a-z0-9][a-z0-9-]{0,63}"
"""What a source's key looks like; it is part of every record id and never changes."""


def create(
    session: Session,
    *,
    key: str,
    title: str,
    protocol: str,
    endpoint: str,
    options: Mapping[str, Json] | None = None,
    politeness: Mapping[str, Json] | None = None,
    enabled: bool = True,
    clock: Clock = utc_now,
) -> Source:
    """Return a new source; see `models.Source` for the arguments.

    Raises:
        StoreError: The key is not like `KEY_PATTERN`, or taken.
    """
    if not re.fullmatch(KEY_PATTERN, key):
        raise StoreError(
            f"Expected a source key of 1 to 64 lower-case letters, digits and hyphens that does "
            f"not begin with a hyphen, got {key!r}."
        )
    if session.get(Source, key) is not None:
        raise StoreError(f"There is a source {key!r} already. Choose another key, or change it.")
    source = Source(
        key=key,
        title=title,
        protocol=protocol,
        endpoint=endpoint,
        options=dict(options or {}),
        politeness=dict(politeness or {}),
        enabled=enabled,
        created_at=clock(),
    )
    session.add(source)
    session.flush()
    return source


def update(
    session: Session,
    key: str,
    *,
    title: str | None = None,
    endpoint: str | None = None,
    options: Mapping[str, Json] | None = None,
    politeness: Mapping[str, Json] | None = None,
    enabled: bool | None = None,
) -> Source:
    """Change what is not None, and return the source. Raises StoreError as `get_one`."""
    source = get_one(session, key)
    source.title = source.title if title is None else title
    if (endpoint, options) != (None, None):
        # Of what is asked elsewhere or otherwise, nothing is known yet.
        source.bookmark = None
    source.endpoint = source.endpoint if endpoint is None else endpoint
    source.options = source.options if options is None else dict(options)
    source.politeness = source.politeness if politeness is None else dict(politeness)
    source.enabled = source.enabled if enabled is None else enabled
    session.flush()
    return source


def move(
    session: Session,
    key: str,
    *,
    protocol: str,
    endpoint: str,
    options: Mapping[str, Json],
    clock: Clock = utc_now,
) -> Job:
    """Give a source another protocol and address; return the job that harvests it there.

    Records that this harvest recognises keep their ids; see `pipeline.moving`.

    Raises:
        StoreError: As `get_one`.
    """
    source = get_one(session, key, lock=True)
    source.protocol, source.endpoint, source.options = protocol, endpoint, dict(options)
    source.bookmark = None
    return enqueue_harvest(session, key, moved=True, clock=clock)


def get(session: Session, key: str) -> Source | None:
    """Return the source, or None."""
    return session.get(Source, key)


def get_one(session: Session, key: str, *, lock: bool = False) -> Source:
    """Return the source, locked until the transaction ends if asked for.

    Raises:
        StoreError: There is none with that key.
    """
    source = session.get(Source, key, with_for_update=lock)
    if source is None:
        raise StoreError(f"There is no source {key!r}. Add it first, or look up its key.")
    return source


def list_sources(session: Session, *, cursor: str | None = None, limit: int = 50) -> Page[Source]:
    """Return the sources by key. Raises CursorError as `paginate`."""
    return paginate(session, select(Source), (Source.key,), cursor=cursor, limit=limit)
