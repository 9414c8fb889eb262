from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from iiif_dedup.fetch.waits import rate_limit_s, retry_after_s

EPOCH = {"Date": "Sat, 01 Jan 2028 00:00:00 GMT"}  # 1830297600
NAMES = ("RateLimit", "RateLimit-Remaining", "X-RateLimit-Reset", "X-Rate-Limit-Reset", "Date")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"RateLimit": '"default";r=0;t=30'}, 30),
        ({"RateLimit": '"default";r=1;t=30'}, None),
        ({"RateLimit": '"burst";r=0;t=5, "daily";r=100;t=3600'}, 5),
        ({"RateLimit": '"burst";r=3;t=5, "daily";r=0;t=3600'}, 3600),
        ({"RateLimit": '"a, \\"r=0;t=9";r=4;t=7'}, None),
        ({"RateLimit": "limit=10, remaining=0, reset=7"}, 7),
        ({"RateLimit": "limit=10, remaining=3, reset=7"}, None),
        ({"RateLimit": '"default";r=0'}, None),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "12"}, 12),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}, 12),
        ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "12"}, 12),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1830297640", **EPOCH}, 40),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1830297640000", **EPOCH}, 40),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000001", **EPOCH}, 0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "999999999"}, 86400),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "9"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, None),
    ],
)
def test_a_used_up_limit_says_when_there_is_more(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert rate_limit_s(CaseInsensitiveDict(headers)) == seconds


def test_a_time_since_1970_without_a_date_is_taken_by_our_clock() -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 60)}

    assert rate_limit_s(headers) == pytest.approx(60, abs=5)


@given(st.dictionaries(st.sampled_from(NAMES), st.text() | st.from_regex(r"[rt=;0-9, ]*")))
def test_any_headers_give_seconds_of_a_day_or_nothing(headers: dict[str, str]) -> None:
    for seconds in (rate_limit_s(headers), retry_after_s({"Retry-After": "9", **headers})):
        assert seconds is None or 0 <= seconds <= 86400


def test_a_long_header_is_read_in_no_time() -> None:
    begun = time.perf_counter()

    rate_limit_s({"RateLimit": "r=0;" * 100_000 + '"' * 100_000})

    assert time.perf_counter() - begun < 0.5
