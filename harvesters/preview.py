"""What a URL would bring: its protocol, a few records, and an estimate. Nothing is stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from harvesters import get_harvester
from harvesters.base import Harvester
from harvesters.guessing import Guess
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.settings import Settings
from iiif_dedup.types import Checkpoint, Ending, HarvestEvent, Json, Record, RecordFailure

RECORDS = 5
"""Records that are shown."""
_MOST_EVENTS = 200
"""Events that are read until the number of all records is known."""
_DERIVATIVE_BYTES = 100_000
"""About what is kept of one picture as a JPEG; photographs of vases at 768 px."""
_VECTOR_BYTES = 12_000
"""About what is kept of one picture besides: tile, fingerprints, descriptors."""


@dataclass(slots=True)
class Preview:
    """What there is at a URL, as far as a few records tell.

    Attributes:
        guess: By what protocol it was read.
        records: The first ones.
        failures: What could not be read before that.
        total: How many records there are; None where the partner does not say.
        read: Records that `requests` brought.
        requests: Asked of the partner for the preview.
        received: Bytes that came.
        seconds: That it took.
    """

    guess: Guess
    records: list[Record] = field(default_factory=list)
    failures: list[RecordFailure] = field(default_factory=list)
    total: int | None = None
    read: int = 0
    requests: int = 0
    received: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a first harvest would cost; every number is a guess from a few records.

    Attributes:
        images: Pictures to be fetched.
        requests: To be made, for records and pictures.
        seconds: From the first request to the last picture, at the pace that politeness allows.
        disk_bytes: That the data folder grows by.
    """

    images: int
    requests: int
    seconds: float
    disk_bytes: int


class Deadline:
    """A point in time after which nobody waits any more.

    Args:
        seconds: From now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self._end

    def sleep(self, seconds: float) -> None:
        """Wait, as a fetcher does between requests.

        Raises:
            FetchError: TIMED_OUT, since the wait would end too late.
        """
        if time.monotonic() + seconds > self._end:
            raise FetchError(Reason.TIMED_OUT, "The time for the preview is over.")
        time.sleep(seconds)


def preview(guess: Guess, fetcher: Fetcher, deadline: Deadline) -> Preview:
    """Return the first records that a harvest would bring.

    Raises:
        SettingsError: The options do not fit the protocol.
        FetchError: The collection cannot be fetched.
        HarvestError: The collection is not what the protocol says.
    """
    harvester = _with_early_checkpoints(guess, fetcher)
    found, start, asked = Preview(guess), time.monotonic(), fetcher.requests
    try:
        with closing(_as_generator(harvester.harvest())) as events:
            _read(events, found, deadline)
    except (FetchError, HarvestError):
        # What stands behind the first records is no matter here.
        if not found.records:
            raise
    found.requests = fetcher.requests - asked
    found.received = fetcher.bytes
    found.seconds = time.monotonic() - start
    return found


def estimate(found: Preview, fetcher: Fetcher, settings: Settings) -> Estimate | None:
    """Return what a first harvest would cost; None where the number of records is unknown."""
    if found.total is None or not found.records or not found.read:
        return None
    images = round(found.total * sum(len(r.images) for r in found.records) / len(found.records))
    # The plan of a collection is read once; so this is too much rather than too little.
    requests = max(1, round(found.total * found.requests / found.read)) + images
    pace = max(fetcher.policy.delay_s, found.seconds / max(found.requests, 1))
    picture = _VECTOR_BYTES + (_DERIVATIVE_BYTES if settings.derivatives else 0)
    per_record = found.received / found.read
    disk = images * picture + found.total * per_record
    return Estimate(images, requests, round(requests * pace, 1), round(disk))


def _read(events: Iterator[HarvestEvent], found: Preview, deadline: Deadline) -> None:
    for number, event in enumerate(events):
        if isinstance(event, Record):
            found.read += 1
            found.records += [event] if len(found.records) < RECORDS else []
        elif isinstance(event, RecordFailure):
            found.read += 1
            found.failures += [event] if len(found.failures) < RECORDS else []
        elif isinstance(event, Checkpoint):
            found.total = event.total
        elif isinstance(event, Ending) and event.whole:
            found.total = found.read
        enough = len(found.records) == RECORDS and found.total is not None
        if enough or number >= _MOST_EVENTS or deadline.passed:
            return


def _with_early_checkpoints(guess: Guess, fetcher: Fetcher) -> Harvester:
    """Return the harvester, with a checkpoint behind the records shown where it has the option."""
    make: Callable[[str, Mapping[str, Json], Fetcher], Harvester] = get_harvester(guess.protocol)
    try:
        return make(guess.endpoint, {"checkpoint_every": RECORDS, **guess.options}, fetcher)
    except SettingsError:
        return make(guess.endpoint, guess.options, fetcher)


def _as_generator(events: Iterator[HarvestEvent]) -> Generator[HarvestEvent, None, None]:
    yield from events
