"""Schedules: nights on which the clock jumps, and what is no schedule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iiif_dedup.errors import SettingsError
from workers.schedule import next_run

ATHENS = "Europe/Athens"


def runs(schedule: str, zone: str, after: str, until: str) -> list[str]:
    """Return the runs after one time up to another as local wall-clock times."""
    found = []
    moment = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = datetime.fromisoformat(until).replace(tzinfo=ZoneInfo(zone))
    while (moment := next_run(schedule, zone, moment)) <= end:
        assert moment.tzinfo is UTC
        found.append(moment.astimezone(ZoneInfo(zone)).strftime("%d. %H:%M"))
    return found


def test_an_hour_that_is_skipped_is_caught_up_when_the_clock_goes_on() -> None:
    # On the last Sunday of March, 03:00 is followed by 04:00.
    nights = runs("30 3 * * *", ATHENS, "2026-03-27T12:00", "2026-03-30T12:00")
    assert nights == ["28. 03:30", "29. 04:00", "30. 03:30"]
    many = runs("*/20 3-4 * * *", ATHENS, "2026-03-29T00:00", "2026-03-29T12:00")
    assert many == ["29. 04:00", "29. 04:20", "29. 04:40"]


def test_an_hour_that_is_repeated_counts_once() -> None:
    nights = runs("30 3 * * *", ATHENS, "2026-10-24T00:00", "2026-10-26T12:00")
    assert nights == ["24. 03:30", "25. 03:30", "26. 03:30"]
    first = next_run("30 3 * * *", ATHENS, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    # Asked between the two passes, and in the second one.
    for minute in (40, 100):
        asked = datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=minute)
        assert next_run("30 3 * * *", ATHENS, asked) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_day_that_is_skipped() -> None:
    # Samoa went from 29 to 31 December 2011.
    days = runs("30 3 * * *", "Pacific/Apia", "2011-12-28T12:00", "2012-01-01T12:00")
    assert days == ["29. 03:30", "31. 00:00", "31. 03:30", "01. 03:30"]


def test_names_and_spaces() -> None:
    assert runs("0  3 * mar FRI", "UTC", "2026-03-01T00:00", "2026-03-14T00:00") == [
        "06. 03:00", "13. 03:00"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "schedule",
    [
        "", "@daily", "* * * *", "* * * * * *", "61 * * * *", "-1 * * * *", "R R * * *",
        "H H * * *", "0 0 L * *", "0 0 ? * *", "0 0 * * 5#2", "0 0 30 2 *", "a b c d e",
        "0 0 */0 * *", "0 3 * * *\n", "٣ 3 * * *", "0 3 * foo *", "0," * 200 + "0 3 * * *",
    ],
)  # fmt: skip
def test_what_is_no_schedule(schedule: str) -> None:
    with pytest.raises(SettingsError, match="five fields"):
        next_run(schedule, "UTC", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "zone", ["", "Europe", "Europe/Nowhere", "../etc/passwd", "/etc/passwd", "a\0b", "UTC\n"]
)
def test_what_is_no_time_zone(zone: str) -> None:
    with pytest.raises(SettingsError, match="IANA"):
        next_run("0 3 * * *", zone, datetime(2026, 1, 1, tzinfo=UTC))


_MINUTES = st.sampled_from(["0", "30", "*/7", "5,55", "*"])
_HOURS = st.sampled_from(["*", "0", "1-4", "*/3", "3", "23"])
_DAYS = st.sampled_from(["*", "1", "*/10", "25-31"])
_WEEKDAYS = st.sampled_from(["*", "0", "1-5", "sun"])
_ZONES = st.sampled_from(
    ["UTC", ATHENS, "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
)
_TIMES = st.datetimes(datetime(2011, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  given a zone here


@settings(max_examples=60)
@given(
    fields=st.tuples(_MINUTES, _HOURS, _DAYS, st.just("*"), _WEEKDAYS),
    zone=_ZONES,
    after=_TIMES,
    seconds=st.integers(0, 10**6),
)
def test_runs_are_later_in_order_and_what_the_wall_clock_says(
    fields: tuple[str, ...], zone: str, after: datetime, seconds: int
) -> None:
    schedule = " ".join(fields)
    found = next_run(schedule, zone, after)
    assert found > after
    later = next_run(schedule, zone, after + timedelta(seconds=seconds))
    assert later >= found
    assert (later == found) == (after + timedelta(seconds=seconds) < found)
    wall = found.astimezone(ZoneInfo(zone))
    assert (wall.second, wall.microsecond) == (0, 0)
    assert wall.fold == 0
    jumps = wall.utcoffset() != (found - timedelta(seconds=1)).astimezone(wall.tzinfo).utcoffset()
    if fields[0] == "30" and not jumps:
        assert wall.minute == 30
    if fields[1] == "3" and not jumps:
        assert wall.hour == 3
