"""Datestamps and the windows of dates that a list is asked for.

OAI-PMH 2.0, sections 3.3 and 2.7.1: UTC, as days or as seconds, both ends of a window included.
Every repository takes days; seconds only where Identify says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z\Z")


class Granularity(StrEnum):
    """The finest dates that a repository takes, as Identify names it."""

    DAYS = "YYYY-MM-DD"
    SECONDS = "YYYY-MM-DDThh:mm:ssZ"

    @property
    def step(self) -> timedelta:
        """The shortest time between two different dates."""
        return timedelta(days=1) if self is Granularity.DAYS else timedelta(seconds=1)

    @property
    def shortest(self) -> timedelta:
        """The shortest window that is worth asking for: a day, or an hour."""
        return timedelta(days=1) if self is Granularity.DAYS else timedelta(hours=1)

    def write(self, moment: datetime) -> str:
        """Return a moment as an argument of a request."""
        return moment.strftime("%Y-%m-%d" if self is Granularity.DAYS else "%Y-%m-%dT%H:%M:%SZ")


def parse(text: str | None) -> datetime | None:
    """Return the moment of a datestamp in UTC, None when it is none; a day begins at midnight."""
    if text is None or not (_DAY.match(text) or _SECOND.match(text)):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Window:
    """What one list is asked for.

    Attributes:
        start: The argument `from`; None for no limit.
        end: The argument `until`; None for no limit.
        set_spec: The argument `set`; None for all records.
        singly: Whether its records are asked for one by one, since its list cannot be read.
    """

    start: datetime | None = None
    end: datetime | None = None
    set_spec: str | None = None
    singly: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing can be in it, for which a repository would answer badArgument."""
        return self.start is not None and self.end is not None and self.start > self.end

    def holds(self, datestamp: str | None) -> bool:
        """Whether a record of this datestamp belongs here, compared by days.

        Some servers ignore `from`. Days are enough against those, and forgive time zones within
        a day; a record without a datestamp belongs everywhere.
        """
        moment = parse(datestamp)
        if moment is None:
            return True
        after = self.start is None or moment.date() >= self.start.date()
        return after and (self.end is None or moment.date() <= self.end.date())

    def halves(
        self, granularity: Granularity, earliest: datetime, latest: datetime
    ) -> tuple[Window, Window] | None:
        """Return the earlier and the later half, None when this window is too short for that.

        Args:
            granularity: The repository's.
            earliest: Where a window without start begins.
            latest: Where the middle is reckoned to for a window without end, which stays open.
        """
        start, end = self.start or earliest, self.end or max(latest, self.start or latest)
        if end - start < 2 * granularity.shortest:
            return None
        middle = start + (end - start) / 2
        middle = middle.replace(microsecond=0)
        if granularity is Granularity.DAYS:
            middle = middle.replace(hour=0, minute=0, second=0)
        return (
            Window(self.start, middle, self.set_spec),
            Window(middle + granularity.step, self.end, self.set_spec),
        )

    def to_json(self) -> list[str | bool | None]:
        """Return the window for a checkpoint; see `from_json`."""
        write = Granularity.SECONDS.write
        return [
            write(self.start) if self.start else None,
            write(self.end) if self.end else None,
            self.set_spec,
            self.singly,
        ]

    @classmethod
    def from_json(cls, value: object) -> Window | None:
        """Return the window of a checkpoint, None when it is none."""
        if not isinstance(value, list) or len(value) != 4:
            return None
        start, end, set_spec, singly = value
        return cls(
            parse(start if isinstance(start, str) else None),
            parse(end if isinstance(end, str) else None),
            set_spec if isinstance(set_spec, str) else None,
            singly=singly is True,
        )
