"""Recognises the records of a source that has got another address or protocol.

Then every identifier may be new. A record whose identifier is unknown is one that was there
before when exactly one of those has the same manifest URL, landing page, or last part of the
identifier with a digit (`oai:museum.example:1234` and `https://museum.example/iiif/1234/manifest`).
It keeps its id; see `store.aliases`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from iiif_dedup.store import records
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Harvest
from iiif_dedup.store.text import storable
from iiif_dedup.types import HarvestEvent, Record, Renaming

_SEPARATORS = re.compile(r"[/:#?&=]+")
_ENDING = re.compile(r"\.(?:json|xml|html?)$")


@dataclass(frozen=True, slots=True)
class MoveCounts:
    """What a move would do.

    Attributes:
        known: Records whose identifier stays.
        matched: Records that get another identifier and keep their id, by what told them.
        new: Records that are not recognised.
        left: Records that were there before and are not met.
    """

    known: int
    matched: Mapping[str, int]
    new: int
    left: int


class MovedRecords:
    """The records that a source had, to be found by what may be the same after a move.

    Takes memory in proportion to them, about 1 KiB each.
    """

    def __init__(self, former: Iterable[records.FormerRecord]) -> None:
        self._identifiers: set[str] = set()
        self._by_clue: dict[tuple[str, str], str | None] = {}
        for one in former:
            self._identifiers.add(one.identifier)
            for clue in _clues(one.identifier, one.manifest_url, one.landing_page):
                # A clue that leads to two records leads to none.
                other = clue in self._by_clue
                self._by_clue[clue] = None if other else one.identifier

    @classmethod
    def load(cls, database: Database, harvest: Harvest) -> Self:
        """Return the records of a harvest's source that the harvest has not met."""
        with database.read() as session:
            return cls(records.list_former(session, harvest.source_key, unseen_by=harvest.id))

    def recognise(self, record: Record) -> tuple[str, str] | None:
        """Return the former identifier and what told it; None for a known or new identifier."""
        identifier = storable(record.identifier)
        if identifier in self._identifiers:
            return None
        for clue in _clues(identifier, record.manifest_url, record.landing_page):
            former = self._by_clue.get(clue)
            if former in self._identifiers:
                return former, clue[0]
        return None

    def with_renamings(self, batch: Sequence[HarvestEvent]) -> list[HarvestEvent]:
        """Return the events with a renaming before each record that is recognised."""
        return list(self._with_renamings(batch))

    def count(self, events: Iterable[HarvestEvent]) -> MoveCounts:
        """Return what a move to a source with these events would do."""
        known, new, matched = 0, 0, Counter[str]()
        for event in events:
            if not isinstance(event, Record):
                continue
            found = self.recognise(event)
            if found is not None:
                matched[found[1]] += 1
                self._identifiers.discard(found[0])
            elif storable(event.identifier) in self._identifiers:
                known += 1
                self._identifiers.discard(storable(event.identifier))
            else:
                new += 1
        return MoveCounts(known, dict(matched), new, len(self._identifiers))

    def _with_renamings(self, batch: Iterable[HarvestEvent]) -> Iterator[HarvestEvent]:
        for event in batch:
            found = self.recognise(event) if isinstance(event, Record) else None
            if found is not None and isinstance(event, Record):
                # Each record is found once, however many look like it.
                self._identifiers.discard(found[0])
                yield Renaming(found[0], event.identifier)
            yield event


def rehearse_move(
    database: Database, source_key: str, events: Iterable[HarvestEvent]
) -> MoveCounts:
    """Return what a move of a source would do, and store nothing.

    Args:
        database: Where the source is.
        source_key: The source.
        events: What a harvester yields at the new address.
    """
    with database.read() as session:
        moved = MovedRecords(records.list_former(session, source_key))
    return moved.count(events)


def _clues(
    identifier: str, manifest_url: str | None, landing_page: str | None
) -> Iterator[tuple[str, str]]:
    if manifest_url:
        yield "manifest", storable(manifest_url)
    if landing_page:
        yield "landing_page", storable(landing_page)
    for part in reversed(_SEPARATORS.split(identifier)):
        if any(character.isdigit() for character in part):
            yield "identifier", _ENDING.sub("", part).casefold()
            return
