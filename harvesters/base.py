"""The contract between a harvester and its caller.

A harvester knows one protocol. It yields what a partner's collection holds, one event after the
other, and knows neither database nor queue.

The harvester
- SHALL yield the same events in the same order as long as the partner's collection is the same,
- SHALL yield a `Checkpoint` about every 20 members, or at every page of a list, and one at the
  end, so that a kill costs seconds; its state is small JSON,
- SHALL yield an `Ending` behind the last checkpoint; a harvest without one did not come to its end,
- SHALL turn whatever is wrong with one member into a `RecordFailure` and go on,
- MAY ask only for what changed since the bookmark of the last `Ending`,
- MAY ask with the validators of a known document, and yield `Unchanged` for one that is the same,
- MAY offer `fetch_one` (see `RereadsRecords`), so that single failures are read again,
- SHALL raise when the collection itself cannot be read, and when the server asks for a longer
  pause than the policy waits (`FetchError.retry_after_s`); a `Checkpoint` comes before the latter,
- SHALL ask partners through its fetcher only, and SHALL NOT import the engine beyond `types`,
  `errors`, `settings` and `fetch`.

The caller
- SHALL store everything that came between two checkpoints in one transaction with the second,
- SHALL hand the last stored state to `harvest` after a kill; None starts from the beginning,
- SHALL hand the same bookmark to all attempts at one harvest,
- MAY stop at any event by closing the iterator, which waits for requests under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, Protocol, TypeAlias

from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import HarvestEvent, Json, KnownDocument, Record, RecordFailure, Unchanged

Known: TypeAlias = Callable[[str], KnownDocument | None]
"""Returns what an earlier harvest made of the document at a URL, None for one never read."""


def nothing_known(_url: str) -> None:
    """Know no document: everything is read anew."""


class Harvester(Protocol):
    """Reads one partner collection; see this module for the duties of both sides.

    Attributes:
        protocol: Name in the registry, and in the database's `source.protocol`.
    """

    protocol: ClassVar[str]

    def __init__(self, endpoint: str, options: Mapping[str, Json], fetcher: Fetcher) -> None:
        """Take a source's settings without asking the partner yet.

        Args:
            endpoint: URL that the protocol starts from.
            options: The source's options for this protocol.
            fetcher: Open until the harvest has ended; the caller closes it.

        Raises:
            SettingsError: An option is unknown or invalid.
        """

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,
        known: Known = nothing_known,
    ) -> Iterator[HarvestEvent]:
        """Yield what there is behind `state`: records, failures, checkpoints, the ending.

        Args:
            state: `Checkpoint.state` of an earlier attempt; None for the beginning.
            since: `Ending.bookmark` of the last harvest that came to its end; None asks for
                everything.
            known: What earlier harvests made of documents; thread-safe.

        Raises:
            FetchError: The collection cannot be fetched, or the server asks for a long pause.
            HarvestError: The collection is not what the protocol says.
        """
        ...


class RereadsRecords(Protocol):
    """What a harvester offers that can ask for one record without the others.

    Then a harvest begins with what failed for a while at the last one, and an operator can have
    failures read again without a whole harvest. A harvester without it is harvested as always.
    """

    def fetch_one(self, identifier: str, url: str | None) -> Record | Unchanged | RecordFailure:
        """Return the record that a `RecordFailure` was about, or why it cannot be read now.

        Args:
            identifier: Of the failure.
            url: Of the failure.

        Raises:
            FetchError: The server asks for a longer pause than the policy waits.
        """
        ...
