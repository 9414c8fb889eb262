"""Reads single records again that earlier harvests could not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from iiif_dedup.store import harvest_failures
from iiif_dedup.store.database import Database
from iiif_dedup.store.models import Harvest
from iiif_dedup.types import Checkpoint, HarvestEvent, Json, Record, RecordFailure, Unchanged

Reread: TypeAlias = Callable[[str, str | None], Record | Unchanged | RecordFailure]
"""Takes identifier and URL; see `harvesters.base.RereadsRecords`."""

CHUNK = 20
"""Records between two checkpoints."""
_STATE = "read_again_behind"
"""Where a checkpoint says which failure was read again last."""


class Rereading:
    """The first part of a harvest, of which a checkpoint can be told by its state."""

    def __init__(
        self, database: Database, harvest: Harvest, only: str | None, reread: Reread
    ) -> None:
        """Take what the harvest reads again.

        Args:
            database: Where the failures are.
            harvest: The harvest.
            only: As in `harvest_failures.to_read_again`.
            reread: Reads one record.
        """
        self._database = database
        self._harvest = harvest
        self._only = only
        self._reread = reread

    def is_due(self, state: Mapping[str, Json] | None) -> bool:
        """Tell whether a harvest that goes on at `state` has not ended this part yet."""
        return state is None or _STATE in state

    def events(self, state: Mapping[str, Json] | None) -> Iterator[HarvestEvent]:
        """Yield what is behind `state`; a checkpoint follows every 20 records, and the last one."""
        behind = "" if state is None else str(state[_STATE])
        done = 0
        while True:
            with self._database.read() as session:
                chunk = harvest_failures.to_read_again(
                    session, self._harvest, only=self._only, behind=behind, limit=CHUNK
                )
            if not chunk:
                return
            for failure in chunk:
                yield self._reread(failure.identifier, failure.url)
            behind = chunk[-1].id
            done += len(chunk)
            yield Checkpoint({_STATE: behind}, done, None)
