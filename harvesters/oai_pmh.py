"""Harvests an OAI-PMH 2.0 repository, page by page.

The first harvest, and every harvest of a repository that does not keep its deletions, names all
that there is. Repositories with `deletedRecord=persistent` are asked for changes from then on:
from the moment that they named in the first response of the last harvest, less an overlap.

A list that cannot be read in one place is narrowed: its window of dates is halved, and halved
again, until what is wrong stands alone in a window of an hour or a day; its records are asked for
one by one then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from harvesters.ahead import in_order
from harvesters.base import Known, nothing_known
from harvesters.oai.dates import Granularity, Window, parse
from harvesters.oai.progress import Progress
from harvesters.oai.protocol import Repository
from harvesters.oai.walk import Walk
from harvesters.options import SourceOptions, read_options
from harvesters.pauses import raise_if_long_pause
from harvesters.presentation3 import parse_manifest
from iiif_dedup.errors import FetchError, HarvestError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import Ending, HarvestEvent, Json, Record, RecordFailure


def _datestamp(text: str) -> str:
    if parse(text) is None:
        raise ValueError("expected a UTC date such as 2024-01-31 or 2024-01-31T12:00:00Z")
    return text


_Datestamp = Annotated[str, AfterValidator(_datestamp)]


class _Options(SourceOptions):
    """What a source may say about this protocol."""

    metadata_prefix: str | None = Field(None, min_length=1)
    sets: list[Annotated[str, Field(min_length=1)]] = Field(default_factory=list)
    from_: _Datestamp | None = Field(None, alias="from")
    until: _Datestamp | None = None
    overlap_hours: float = Field(24, ge=0, le=8760)
    incremental: bool | None = None
    thumbnails: bool = False
    follow_manifests: bool = False
    prefix_with_token: bool = False


class OaiPmhHarvester:
    """Yields a record for each record of a repository; see `harvesters.base` for the contract.

    Args:
        endpoint: The repository's base URL.
        options: Any of `metadata_prefix`, `sets`, `from`, `until`, `overlap_hours`,
            `incremental`, `thumbnails`, `follow_manifests`, `prefix_with_token`;
            docs/reference/harvesters.md says what they do.
        fetcher: Its policy's concurrency is how many manifests are asked for at once.

    Raises:
        SettingsError: An option is unknown or invalid.
    """

    protocol: ClassVar[str] = "oai_pmh"

    def __init__(self, endpoint: str, options: Mapping[str, Json], fetcher: Fetcher) -> None:
        self._options = read_options(_Options, options, self.protocol)
        self._endpoint = endpoint
        self._fetcher = fetcher

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,
        known: Known = nothing_known,  # noqa: ARG002  what changed is told by datestamps
    ) -> Iterator[HarvestEvent]:
        """Yield the records behind `state`; see `harvesters.base.Harvester.harvest`."""
        progress = Progress.from_state(state)
        repository = Repository(
            self._endpoint,
            self._fetcher,
            prefix=progress.prefix if progress else self._options.metadata_prefix,
            thumbnails=self._options.thumbnails,
            prefix_with_token=self._options.prefix_with_token,
        )
        identity = repository.identify()
        keeps = self._options.incremental
        keeps = identity.deleted_record == "persistent" if keeps is None else keeps
        if progress is None:
            progress = self._beginning(repository.prefix(), since if keeps else None)
        if not progress.windows:
            yield progress.checkpoint()
        sets = frozenset(self._options.sets)
        walk = Walk(
            repository,
            identity,
            progress,
            sets=sets,
            fetcher=self._fetcher,
            follow=self._with_images,
        )
        yield from walk.run()
        yield Ending(
            whole=progress.complete and not progress.incremental,
            bookmark=self._bookmark(progress, since) if keeps else None,
        )

    def _beginning(self, prefix: str, since: Mapping[str, Json] | None) -> Progress:
        """Return the first place; a set is asked for only where everything is compared.

        A record that leaves a set is no event, so changes are asked for without a set and told
        apart by their headers.
        """
        value = since.get("from") if since else None
        changed = parse(value if isinstance(value, str) else None)
        start, end = parse(self._options.from_), parse(self._options.until)
        if changed is not None:
            return Progress(prefix, [Window(max(changed, start or changed), end)], incremental=True)
        windows = [Window(start, end, name) for name in self._options.sets]
        return Progress(prefix, windows or [Window(start, end)], incremental=False)

    def _bookmark(
        self, progress: Progress, since: Mapping[str, Json] | None
    ) -> Mapping[str, Json] | None:
        """Return where the next harvest begins; where a list was not read, where this one did."""
        if not progress.complete or progress.started is None:
            return since
        start = progress.started - timedelta(hours=self._options.overlap_hours)
        return {"from": Granularity.SECONDS.write(start)}

    def _with_images(self, events: Iterable[HarvestEvent]) -> Iterator[HarvestEvent]:
        """Yield events, with the pictures of their manifests where the source asks for that."""
        if not self._options.follow_manifests:
            yield from events
            return
        concurrency = self._fetcher.policy.concurrency
        with closing(in_order(self._with_manifest, events, concurrency)) as followed:
            yield from followed

    def _with_manifest(self, event: HarvestEvent) -> HarvestEvent:
        if not isinstance(event, Record) or event.images or event.manifest_url is None:
            return event
        try:
            fetched = self._fetcher.get_json(event.manifest_url)
            read = parse_manifest(fetched.document, fetched.final_url)
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            return RecordFailure(event.identifier, event.manifest_url, error.reason, str(error))
        return replace(event, images=read.images, manifest=read.manifest)
