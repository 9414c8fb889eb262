"""The contract between a harvester and its caller.

A harvester knows one protocol. It yields what a partner's collection holds, one event after the
other, and knows neither database nor queue.

The harvester
- SHALL yield the same events in the same order as long as the partner's collection is the same,
- SHALL yield a `Checkpoint` about every 20 members and one at the end, so that a kill costs
  seconds; its state is small JSON,
- SHALL turn whatever is wrong with one member into a `RecordFailure` and go on,
- SHALL raise when the collection itself cannot be read, and when the server asks for a longer
  pause than the policy waits (`FetchError.retry_after_s`); a `Checkpoint` comes before the latter,
- SHALL ask partners through its fetcher only, and SHALL NOT import the engine beyond `types`,
  `errors`, `settings` and `fetch`.

The caller
- SHALL store everything that came between two checkpoints in one transaction with the second,
- SHALL hand the last stored state to `harvest` after a kill; None starts from the beginning,
- MAY stop at any event by closing the iterator, which waits for requests under way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol

from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import HarvestEvent, Json


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

    def harvest(self, state: Mapping[str, Json] | None) -> Iterator[HarvestEvent]:
        """Yield the records behind `state`, failures and checkpoints.

        Args:
            state: `Checkpoint.state` of an earlier harvest; None for a whole one.

        Raises:
            FetchError: The collection cannot be fetched, or the server asks for a long pause.
            HarvestError: The collection is not what the protocol says.
        """
        ...
