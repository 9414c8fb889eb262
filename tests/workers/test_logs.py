from __future__ import annotations

import logging

import pytest

from workers.logs import KeyValueFormatter, event


def formatted(record: logging.LogRecord) -> str:
    return KeyValueFormatter("test").format(record)


def test_an_event_is_one_line_of_keys_and_values(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("workers.test")
    with caplog.at_level(logging.INFO):
        event(logger, logging.INFO, "job_failed", job="abc", seconds=1.23456, error='no "x"\nhere')
    line = formatted(caplog.records[0])
    time, rest = line.split(" ", 1)
    assert time.endswith("+00:00")
    assert rest == (
        "INFO workers.test process=test event=job_failed job=abc seconds=1.235 "
        r'error="no \"x\"\nhere"'
    )


def test_a_library_s_line_and_traceback_stay_one_line() -> None:
    error = ValueError("first\nsecond")
    trace = (ValueError, error, None)
    record = logging.LogRecord("rq.worker", logging.ERROR, "", 0, "it %s", ("broke",), trace)
    line = formatted(record)
    assert "\n" not in line
    assert 'process=test message="it broke" trace="ValueError: first\\nsecond"' in line
