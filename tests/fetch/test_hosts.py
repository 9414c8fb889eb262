from __future__ import annotations

import pytest

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.hosts import Hosts
from iiif_dedup.fetch.policy import FetchPolicy
from tests.fetch.conftest import FakeTime


def hosts(time_: FakeTime, **policy: float) -> Hosts:
    return Hosts(FetchPolicy(**policy), time_.clock, time_.sleep)  # type: ignore[arg-type]


def take(state: Hosts, host: str) -> None:
    with state.turn(host):
        pass


def test_requests_to_one_host_are_spaced_by_the_delay(time_: FakeTime) -> None:
    state = hosts(time_, delay_s=2)

    for _ in range(3):
        take(state, "a.example")

    assert time_.slept == [2, 2]


def test_time_spent_on_a_request_counts_towards_the_delay(time_: FakeTime) -> None:
    state = hosts(time_, delay_s=2)

    with state.turn("a.example"):
        time_.now += 1.5
    take(state, "a.example")
    time_.now += 60
    take(state, "a.example")

    assert time_.slept == [0.5]


def test_hosts_do_not_wait_for_each_other(time_: FakeTime) -> None:
    state = hosts(time_, delay_s=2, retry_after_cap_s=100)
    state.postpone("b.example", 50)

    take(state, "a.example")
    take(state, "c.example")
    assert time_.slept == []
    take(state, "b.example")
    assert time_.slept == [50]


def test_the_longest_postponement_counts(time_: FakeTime) -> None:
    state = hosts(time_, delay_s=0)
    state.postpone("a.example", 30)
    state.postpone("a.example", 5)

    take(state, "a.example")

    assert time_.slept == [30]


def test_a_host_that_asked_for_longer_than_the_cap_is_left_alone_until_then(
    time_: FakeTime,
) -> None:
    state = hosts(time_, delay_s=0, retry_after_cap_s=10)
    state.postpone("a.example", 3600)

    with pytest.raises(FetchError, match=r"another 3600 s") as caught:
        take(state, "a.example")
    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.RATE_LIMITED, 3600)

    time_.now += 3595
    take(state, "a.example")
    assert time_.slept == [5]


def test_a_slot_is_given_back_when_the_request_fails(time_: FakeTime) -> None:
    state = hosts(time_, delay_s=0, concurrency=1)

    for _ in range(3):
        with pytest.raises(ZeroDivisionError), state.turn("a.example"):
            raise ZeroDivisionError
