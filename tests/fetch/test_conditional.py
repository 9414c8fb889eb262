"""Asking whether a document has changed, over real sockets."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.fetch.responses import LONGEST_VALIDATOR, validators_in
from iiif_dedup.types import Validators
from tests.fetch.conftest import FakeTime
from tests.partners.misbehaving import MisbehavingServer

POLICY = FetchPolicy(delay_s=0, retries=0, timeout_s=3, allow_loopback=True)
ETAG = '"3f80f-1b6-3e1cb03b"'
DATE = "Sat, 01 Jan 2000 00:00:00 GMT"
PATH = f"/with?ETag={quote(ETAG)}&Last-Modified={quote(DATE)}"


@pytest.mark.parametrize(
    "validators", [Validators(ETAG, DATE), Validators(etag=ETAG), Validators(last_modified=DATE)]
)
def test_what_is_as_it_was_is_not_sent_again(
    server: MisbehavingServer, validators: Validators
) -> None:
    with Fetcher(POLICY) as fetcher:
        first = fetcher.get_json(server.url(PATH))
        again = fetcher.get_json(server.url(PATH), validators=validators)
        raw = fetcher.get(server.url(f"/redirect?to={quote(PATH)}"), validators=validators)

    assert (first.validators, first.unchanged, first.document) == (
        Validators(ETAG, DATE), False, {"a": 1},
    )  # fmt: skip
    assert (again.validators, again.unchanged, again.document) == (
        Validators(ETAG, DATE), True, None,
    )  # fmt: skip
    assert (raw.status, raw.body, raw.final_url) == (304, b"", server.url(PATH))


def test_what_changed_or_has_no_validators_is_sent(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher:
        changed = fetcher.get_json(server.url(PATH), validators=Validators(etag='"old"'))
        ignored = fetcher.get_json(server.url("/json"), validators=Validators(ETAG, DATE))

    assert (changed.document, changed.validators.etag) == ({"a": 1}, ETAG)
    assert (ignored.document, ignored.validators) == ({"a": [1]}, Validators())


def test_a_304_that_says_nothing_keeps_what_was_sent(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher:
        fetched = fetcher.get(server.url("/with?status=304"), validators=Validators(ETAG))

    assert fetched.validators == Validators(ETAG)


@pytest.mark.parametrize("validators", [None, Validators()])
def test_a_304_that_nobody_asked_for_is_an_error(
    server: MisbehavingServer, validators: Validators | None
) -> None:
    with Fetcher(POLICY) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url("/with?status=304"), validators=validators)

    assert (caught.value.reason, caught.value.status) == (Reason.HTTP_CLIENT_ERROR, 304)


@pytest.mark.parametrize("value", ["", " ", "é", "a\x7f", "a\r\nX: y", "e" * 2000])
def test_what_cannot_stand_in_a_request_is_no_validator(value: str) -> None:
    assert validators_in({"ETag": value, "Last-Modified": value}) == Validators()
    assert len("e" * 2000) > LONGEST_VALIDATOR


@pytest.mark.parametrize("status", [403, 422, 500])
def test_statuses_that_the_caller_reads_come_with_their_body(
    server: MisbehavingServer, status: int
) -> None:
    with Fetcher(POLICY) as fetcher:
        fetched = fetcher.get(server.url(f"/with?status={status}"), also={status})
        with pytest.raises(FetchError):
            fetcher.get(server.url(f"/with?status={status}"), also={418})

    assert (fetched.status, fetched.body) == (status, b'{"a": 1}')


def test_requests_and_bytes_are_counted_as_they_travel(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher:
        fetcher.get(server.url("/redirects/2"))
        assert (fetcher.requests, fetcher.bytes) == (3, len(b"fine"))
        with pytest.raises(FetchError):
            fetcher.get(server.url("/gzip-bomb"), max_bytes=1_000_000)
        assert fetcher.requests == 4
        assert 0 < fetcher.bytes < 200_000


def test_a_used_up_limit_holds_the_next_request_back(
    server: MisbehavingServer, time_: FakeTime
) -> None:
    policy = FetchPolicy(delay_s=0, retries=0, allow_loopback=True, retry_after_cap_s=60)
    with Fetcher(policy, clock=time_.clock, sleep=time_.sleep) as fetcher:
        fetcher.get(server.url('/with?RateLimit="d"%3Br%3D0%3Bt%3D30'))
        fetcher.get(server.url("/with?X-RateLimit-Remaining=0&X-RateLimit-Reset=3600"))
        assert time_.slept == [30]
        with pytest.raises(FetchError) as caught:
            fetcher.get(server.url("/ok"))

    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.RATE_LIMITED, 3600)
