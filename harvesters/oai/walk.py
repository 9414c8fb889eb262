"""One way through the windows of a harvest, page by page, around what is broken.

OAI-PMH 2.0, section 3.5, and the guidelines for harvesters; each trap that is met here has its
test in tests/harvesters/oai/test_nasty.py.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeAlias

from harvesters.oai.dates import Granularity
from harvesters.oai.page import Header, Identity, Member, Page
from harvesters.oai.progress import Progress
from harvesters.oai.protocol import Repository
from harvesters.pauses import raise_if_long_pause
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import Deletion, HarvestEvent, RecordFailure

logger = logging.getLogger(__name__)

MAX_EMPTY_PAGES = 10
"""Most pages without records, one after the other, that still have a token."""
MAX_FAILED = 40
"""Most lists that fail one after the other while windows are halved."""
MAX_RESTARTS = 3
"""How often a list is begun again in the same place after its token was refused."""
MAX_RECENT = 10_000
"""How many records back an identifier that comes again is known by its datestamp."""

Follow: TypeAlias = Callable[[Iterable[HarvestEvent]], Iterator[HarvestEvent]]

_EVERY = 20
_NARROWED = frozenset({Reason.NOT_XML, Reason.NOT_OAI_PMH, Reason.TOO_LARGE})


class Walk:
    """Asks for what `progress` still lacks, and moves it on.

    Args:
        repository: Whom to ask.
        identity: What it says of itself.
        progress: Where to begin; checkpoints are made of it.
        sets: Sets that records must be in; empty for all records.
        fetcher: Of the repository, whose policy says how long a pause is waited for.
        follow: What is done to the events of a page before they are yielded.
    """

    def __init__(
        self,
        repository: Repository,
        identity: Identity,
        progress: Progress,
        *,
        sets: frozenset[str],
        fetcher: Fetcher,
        follow: Follow,
    ) -> None:
        self._repository = repository
        self._identity = identity
        self._progress = progress
        self._sets = sets
        self._fetcher = fetcher
        self._follow = follow
        self._recent: OrderedDict[str, str] = OrderedDict()

    def run(self) -> Iterator[HarvestEvent]:
        """Yield everything up to the last page, with a checkpoint behind each.

        Raises:
            FetchError: A list cannot be fetched, or the server asks for a long pause.
            HarvestError: The repository refuses, or its lists cannot be read anywhere.
        """
        progress = self._progress
        while progress.windows:
            if progress.window.empty:
                progress.go_on_with()
            elif progress.window.singly:
                yield from self._singly()
            else:
                yield from self._page()
            yield progress.checkpoint()

    def _page(self) -> Iterator[HarvestEvent]:
        progress = self._progress
        try:
            page = self._repository.page("ListRecords", progress.window, progress.token)
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            self._narrow(error)
            return
        progress.started = progress.started or page.response_date
        if page.errors and not page.has_error("noRecordsMatch"):
            self._refused(page)
            return
        headers = [member.header for member in page.members]
        cut_short = self._cut_short(headers, page.token)
        if cut_short is not None:
            yield from cut_short
            return
        yield from self._follow(self._events(page.members))
        progress.advance(headers, page.token, page.size)
        if page.token is None:
            self._end_window()

    def _events(self, members: Iterable[Member]) -> Iterator[HarvestEvent]:
        """Yield what belongs to this harvest."""
        progress = self._progress
        for member in members:
            header = member.header
            if not progress.window.holds(header.datestamp) or self._is_older(header):
                continue
            unset = progress.incremental or header.sets
            if self._sets and unset and not header.is_in(self._sets):
                if progress.incremental and header.identifier:
                    yield Deletion(header.identifier)
                continue
            for event in member.events:
                if isinstance(event, RecordFailure) and header.identifier:
                    yield replace(event, url=self._repository.record_url(header.identifier))
                else:
                    yield event

    def _is_older(self, header: Header) -> bool:
        """Tell whether the same record came a short while ago with a later datestamp."""
        if header.identifier is None:
            return False
        datestamp = header.datestamp or ""
        if datestamp < self._recent.get(header.identifier, ""):
            return True
        self._recent[header.identifier] = datestamp
        self._recent.move_to_end(header.identifier)
        if len(self._recent) > MAX_RECENT:
            self._recent.popitem(last=False)
        return False

    def _cut_short(
        self, headers: list[Header], token: str | None
    ) -> tuple[RecordFailure, ...] | None:
        """End a list that never ends; None for one that goes on.

        Returns:
            Nothing more when the list had all the records that it promised, else its failure.
        """
        progress = self._progress
        progress.empty_pages = 0 if headers or token is None else progress.empty_pages + 1
        if progress.is_repeated(headers):
            detail = "The list leads back to a page that it had before."
        elif progress.empty_pages > MAX_EMPTY_PAGES:
            detail = f"The list goes on after {MAX_EMPTY_PAGES} pages without records."
        else:
            return None
        reached = progress.size is not None and progress.in_window >= progress.size
        failure = self._list_failure(Reason.PAGE_REPEATED, detail)
        self._end_window()
        if reached:
            return ()
        progress.complete = False
        return (failure,)

    def _list_failure(self, reason: Reason, detail: str) -> RecordFailure:
        url = self._repository.list_url(self._progress.window, self._progress.token)
        return RecordFailure(self._repository.base, url, reason, detail)

    def _end_window(self) -> None:
        self._progress.go_on_with()
        self._progress.restarts = 0

    def _refused(self, page: Page) -> None:
        """Go on elsewhere after an error that leaves a way.

        Raises:
            HarvestError: PARTNER_REFUSED, for the others.
        """
        progress, repository = self._progress, self._repository
        dated = progress.window.start or progress.window.end
        if page.has_error("badResumptionToken") and progress.token is not None:
            self._begin_again(page)
        elif (
            page.has_error("badArgument")
            and dated
            and progress.token is None
            and repository.granularity is Granularity.SECONDS
        ):
            logger.warning("%s refuses seconds in dates; days are asked for.", repository.base)
            repository.granularity = Granularity.DAYS
        else:
            raise repository.refusal(page)

    def _begin_again(self, page: Page) -> None:
        """Ask for the window again from the last safe date; some servers end lists like this."""
        progress = self._progress
        if progress.size is not None and progress.in_window >= progress.size:
            self._end_window()
            return
        start = progress.safe_start
        progress.restarts = progress.restarts + 1 if start == progress.window.start else 0
        if progress.restarts > MAX_RESTARTS:
            raise self._repository.refusal(page)
        logger.warning("%s refuses its token; asking again.", self._repository.base)
        progress.go_on_with(replace(progress.window, start=start))

    def _narrow(self, error: FetchError | HarvestError) -> None:
        """Halve the window in which a list cannot be read, or ask for its records singly.

        Raises:
            FetchError: A failure that is about the server, not about a place in a list.
            HarvestError: Too many lists failed one after the other.
        """
        progress = self._progress
        progress.failed += 1
        crashed = error.reason == Reason.HTTP_SERVER_ERROR and progress.started is not None
        refused = isinstance(error, FetchError) and error.status == 413
        placed = crashed or refused or error.reason in _NARROWED
        if not placed or progress.failed > MAX_FAILED:
            raise error
        logger.warning(
            "A list of %s cannot be read and is narrowed: %s", self._repository.base, error
        )
        rest = replace(progress.window, start=progress.safe_start)
        halves = rest.halves(
            self._repository.granularity,
            self._identity.earliest,
            progress.started or datetime.now(UTC),
        )
        progress.go_on_with(*(halves or (replace(rest, singly=True),)))

    def _singly(self) -> Iterator[HarvestEvent]:
        """Ask for each record of the window; what cannot be read is one failure."""
        progress = self._progress
        try:
            headers = self._listed()
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            progress.complete = False
            yield self._list_failure(error.reason, str(error))
            self._end_window()
            return
        names = [header.identifier for header in headers]
        behind = names.index(progress.after) + 1 if progress.after in names else 0
        for count, header in enumerate(headers[behind:], start=1):
            yield from self._follow(self._single(header))
            progress.after = header.identifier
            progress.done += 1
            if count % _EVERY == 0:
                yield progress.checkpoint()
        self._end_window()

    def _listed(self) -> list[Header]:
        """Return the headers of all pages of ListIdentifiers that have an identifier."""
        found: list[Header] = []
        token: str | None = None
        seen: set[tuple[str | None, tuple[str | None, ...]]] = set()
        while True:
            page = self._repository.page("ListIdentifiers", self._progress.window, token)
            if page.errors and not page.has_error("noRecordsMatch"):
                raise self._repository.refusal(page)
            key = (token, tuple(header.identifier for header in page.headers))
            found.extend(header for header in page.headers if header.identifier)
            token = page.token
            if token is None or key in seen:
                return found
            seen.add(key)

    def _single(self, header: Header) -> Iterator[HarvestEvent]:
        identifier = str(header.identifier)
        if header.deleted:
            yield from self._events([Member(header, (Deletion(identifier),))])
            return
        try:
            member, page = self._repository.record(identifier)
            if member is None:
                raise self._repository.refusal(page)
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            url = self._repository.record_url(identifier)
            yield RecordFailure(identifier, url, error.reason, str(error))
            return
        yield from self._events([member])
