from __future__ import annotations

import pytest

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.fetch.breaker import LIMIT, REST_S, Breaker
from tests.fetch.conftest import FakeTime
from tests.partners.misbehaving import MisbehavingServer

HOST = "museum.example"
DOWN = FetchError(Reason.HTTP_SERVER_ERROR, "down", status=500)
FORBIDDEN = FetchError(Reason.HTTP_CLIENT_ERROR, "forbidden", status=403)
MISSING = FetchError(Reason.HTTP_CLIENT_ERROR, "missing", status=404)


def rests(breaker: Breaker, host: str = HOST) -> bool:
    try:
        breaker.check(host)
    except FetchError as error:
        assert error.reason is Reason.HOST_RESTS  # noqa: PT017  one of two ends
        return True
    return False


@pytest.fixture
def breaker(time_: FakeTime) -> Breaker:
    return Breaker(120, time_.clock)


def test_a_host_that_is_down_rests_after_the_limit(breaker: Breaker, time_: FakeTime) -> None:
    for number in range(LIMIT):
        assert not rests(breaker)
        breaker.failed(HOST, DOWN, f"record {number}")

    assert rests(breaker)
    assert not rests(breaker, "other.example")
    time_.now += REST_S
    assert not rests(breaker)


def test_one_failure_after_a_rest_is_enough_for_the_next(breaker: Breaker, time_: FakeTime) -> None:
    for _ in range(LIMIT):
        breaker.failed(HOST, DOWN, "")
    time_.now += REST_S
    breaker.failed(HOST, DOWN, "")

    assert rests(breaker)


@pytest.mark.parametrize("error", [DOWN, FORBIDDEN])
def test_any_answer_between_shows_the_host_at_work(breaker: Breaker, error: FetchError) -> None:
    for number in range(3 * LIMIT):
        breaker.failed(HOST, error, f"record {number}")
        if number % 3 == 0:
            breaker.served(HOST)
        if number % 3 == 1:
            breaker.failed(HOST, MISSING, "")

    assert not rests(breaker)


def test_a_restricted_record_with_hundreds_of_pictures_stops_nothing(breaker: Breaker) -> None:
    for _ in range(300):
        breaker.failed(HOST, FORBIDDEN, "one record")
    assert not rests(breaker)

    for number in range(LIMIT - 1):
        breaker.failed(HOST, FORBIDDEN, f"record {number}")
    assert rests(breaker)


@pytest.mark.parametrize(
    "reason", [Reason.ADDRESS_REFUSED, Reason.BAD_URL, Reason.TOO_MANY_REDIRECTS]
)
def test_what_no_server_said_counts_for_nothing(breaker: Breaker, reason: Reason) -> None:
    for _ in range(LIMIT - 1):
        breaker.failed(HOST, DOWN, "")
    for _ in range(LIMIT):
        breaker.failed(HOST, FetchError(reason, "ours"), "")
    assert not rests(breaker)

    breaker.failed(HOST, DOWN, "")
    assert rests(breaker)


@pytest.mark.parametrize("cap", [0, 120, 700, 86400])
def test_a_rest_is_always_longer_than_a_policy_waits(time_: FakeTime, cap: float) -> None:
    breaker = Breaker(cap, time_.clock)
    for _ in range(LIMIT):
        breaker.failed(HOST, DOWN, "")
    with pytest.raises(FetchError) as first:
        breaker.check(HOST)
    wait = first.value.retry_after_s
    assert wait is not None
    time_.now += wait - 0.5
    with pytest.raises(FetchError) as last:
        breaker.check(HOST)

    assert wait > cap
    assert (last.value.retry_after_s or 0) > cap


def test_a_resting_host_is_not_asked(server: MisbehavingServer, time_: FakeTime) -> None:
    policy = FetchPolicy(delay_s=0, retries=1, allow_loopback=True)
    server.requests.clear()
    with Fetcher(policy, clock=time_.clock, sleep=time_.sleep) as fetcher:
        for number in range(LIMIT):
            with pytest.raises(FetchError) as caught:
                fetcher.get(server.url(f"/status/500?{number}"))
            assert caught.value.reason is Reason.HTTP_SERVER_ERROR
        with pytest.raises(FetchError) as resting:
            fetcher.get(server.url("/ok"))
        sent = fetcher.requests
        time_.now += REST_S
        assert fetcher.get(server.url("/ok")).body == b"fine"

    assert resting.value.reason is Reason.HOST_RESTS
    assert (resting.value.retry_after_s or 0) > policy.retry_after_cap_s
    assert sent == server.requests["/status/500"] == 2 * LIMIT


def test_forbidden_pictures_of_one_record_are_asked_for_to_the_last(
    server: MisbehavingServer,
) -> None:
    with Fetcher(FetchPolicy(delay_s=0, retries=0, allow_loopback=True)) as fetcher:
        for number in range(2 * LIMIT):
            with pytest.raises(FetchError):
                fetcher.get(server.url(f"/status/403?{number}"), about="a record")
        assert fetcher.get(server.url("/ok")).body == b"fine"
