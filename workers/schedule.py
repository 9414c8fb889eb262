"""When a schedule wants the next harvest: cron expressions in the time zone of a place.

A schedule is a wall-clock time, and twice a year the wall clock jumps. Wall-clock times that are
skipped fall together on the moment at which the clock goes on; those that come twice count the
first time only. So a nightly harvest comes once every night, whatever the clock does.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterError, croniter

from iiif_dedup.errors import SettingsError

MAX_LENGTH = 200
"""Most characters of a schedule."""
# croniter also takes seconds, years, shorthands, random times and last days, which mean different
# things to different programs.
_FIELD = r"(?:[0-9*,/-]|[a-z]{3}(?![a-z]))+"
_SCHEDULE = re.compile(rf"{_FIELD}(?: +{_FIELD}){{4}}", re.IGNORECASE)
_EXAMPLE = "Write five fields, such as '30 3 * * *' for 03:30 every night."


def next_run(schedule: str, zone: str, after: datetime) -> datetime:
    """Return the first time later than `after` that the schedule names, in UTC.

    Args:
        schedule: A cron expression of five fields: minute, hour, day of month, month, day of week.
        zone: IANA name of the time zone that it is in.
        after: An aware time.

    Raises:
        SettingsError: The expression or the zone is none, or names no time that ever comes.
    """
    place = zone_of(zone)
    times = _wall_times(schedule, after.astimezone(place).replace(tzinfo=None))
    while True:
        try:
            moment = _moment(times.get_next(datetime), place)
        except CroniterError as error:
            raise SettingsError(
                f"The schedule {schedule!r} names no time that ever comes. {_EXAMPLE}"
            ) from error
        # In the second pass of an hour that comes twice, its times are past already.
        if moment > after:
            return moment


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name. Raises SettingsError where there is none."""
    try:
        return ZoneInfo(name)
    # Names that are no file names raise whatever the file system says of them.
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"There is no time zone {name!r}. Write an IANA name such as 'Europe/Athens' or 'UTC'."
        ) from error


def _wall_times(schedule: str, after: datetime) -> croniter:
    """Return the wall-clock times of a schedule behind `after`, which has no zone."""
    if len(schedule) > MAX_LENGTH or not _SCHEDULE.fullmatch(schedule):
        raise _invalid(schedule)
    try:
        return croniter(schedule, after)
    except (CroniterError, ValueError, KeyError, AttributeError) as error:
        raise _invalid(schedule) from error


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clock of a zone shows `wall` first, or goes on behind it, in UTC."""
    late = wall.replace(tzinfo=zone).astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    # Skipped. The clock jumps somewhere between the two readings of such a time (PEP 495).
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while late - early > timedelta(seconds=1):
        middle = (early + (late - early) / 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) > wall:
            late = middle
        else:
            early = middle
    return late


def _invalid(schedule: str) -> SettingsError:
    return SettingsError(f"{schedule!r} is no schedule. {_EXAMPLE}")
