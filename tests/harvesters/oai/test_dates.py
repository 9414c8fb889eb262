from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters.oai.dates import Granularity, Window, parse

moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  made UTC
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2024-02-29T12:00:01Z", datetime(2024, 2, 29, 12, 0, 1, tzinfo=UTC)),
        ("2024-02-29T12:00:01.25Z", datetime(2024, 2, 29, 12, 0, 1, tzinfo=UTC)),
        *(
            (bad, None)
            for bad in ("20210311", "2023-02-29", "aaaa-bb-cc", "2024-01-01T00:00:00", "")
        ),
        (None, None),
    ],
)
def test_datestamps(text: str | None, moment: datetime | None) -> None:
    assert parse(text) == moment


@given(moments)
def test_what_is_written_is_read(moment: datetime) -> None:
    assert parse(Granularity.SECONDS.write(moment)) == moment
    assert parse(Granularity.DAYS.write(moment)) == moment.replace(hour=0, minute=0, second=0)


@given(st.sampled_from(Granularity), st.none() | moments, st.none() | moments, moments, moments)
def test_halves_leave_nothing_out(
    granularity: Granularity,
    start: datetime | None,
    end: datetime | None,
    earliest: datetime,
    latest: datetime,
) -> None:
    window = Window(start, end, "a")
    halves = window.halves(granularity, earliest, latest)
    if halves is None:
        return
    first, second = halves
    assert (first.start, second.end) == (start, end)
    assert first.end is not None
    assert second.start == first.end + granularity.step
    assert {first.set_spec, second.set_spec} == {"a"}


@given(st.sampled_from(Granularity), moments, moments)
def test_halving_ends(granularity: Granularity, one: datetime, other: datetime) -> None:
    window: Window | None = Window(min(one, other), max(one, other))
    for _ in range(40):
        halves = window.halves(granularity, one, other) if window else None
        window = halves[0] if halves else None
    assert window is None


@given(
    start=st.none() | moments,
    end=st.none() | moments,
    set_spec=st.none() | st.text(min_size=1),
    singly=st.booleans(),
)
def test_windows_go_through_checkpoints(
    *, start: datetime | None, end: datetime | None, set_spec: str | None, singly: bool
) -> None:
    window = Window(start, end, set_spec, singly=singly)
    assert Window.from_json(window.to_json()) == window
    assert Window.from_json(["x"]) is None


def test_records_are_held_by_days() -> None:
    day = datetime(2024, 1, 2, 12, tzinfo=UTC)
    window = Window(day, day + timedelta(days=1))
    held = ["2024-01-02T00:00:00Z", "2024-01-03", None, "nonsense"]
    assert all(window.holds(datestamp) for datestamp in held)
    assert not any(window.holds(datestamp) for datestamp in ("2024-01-01", "2024-01-04"))
