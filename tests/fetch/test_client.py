"""The client against a partner that misbehaves, over real sockets on loopback."""

from __future__ import annotations

import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch import Fetcher, FetchPolicy
from tests.fetch.conftest import FakeTime
from tests.partners.misbehaving import MisbehavingServer

POLICY = FetchPolicy(
    user_agent="iiif_dedup/test (+mailto:a@b.example)",
    delay_s=0,
    retries=0,
    read_timeout_s=2,
    timeout_s=3,
    max_bytes=100_000,
    allow_loopback=True,
)
SUDDEN = replace(POLICY, read_timeout_s=0.25, timeout_s=0.5)


def failure(server: MisbehavingServer, path: str, policy: FetchPolicy = POLICY) -> FetchError:
    """Return the error that a request ends with, having checked that its message is useful."""
    with Fetcher(policy) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url(path))
    assert "127.0.0.1" in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value


def get(server: MisbehavingServer, path: str, policy: FetchPolicy = POLICY) -> bytes:
    with Fetcher(policy) as fetcher:
        return fetcher.get(server.url(path)).body


# What is asked and what comes back


def test_a_response_carries_urls_status_headers_and_body(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher:
        fetched = fetcher.get(server.url("/redirects/2#part"), accept="text/plain")

    assert fetched.url == server.url("/redirects/2#part")
    assert fetched.final_url == server.url("/ok")
    assert (fetched.status, fetched.body) == (200, b"fine")
    assert fetched.headers["content-TYPE"] == "text/plain"
    assert server.headers["user-agent"] == POLICY.user_agent
    assert server.headers["accept"] == "text/plain"
    assert server.headers["accept-encoding"] == "gzip, deflate"


def test_json_is_read_whatever_the_server_calls_it(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher:
        assert fetcher.get_json(server.url("/json")).document == {"a": [1]}
        fetched = fetcher.get_json(server.url("/redirect?to=/wrong-type"))

    assert fetched.document == {"a": [1]}
    assert fetched.final_url == server.url("/wrong-type")


def test_a_page_with_200_is_not_json(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher, pytest.raises(FetchError, match=r"/html.*<!DOCTYPE") as caught:
        fetcher.get_json(server.url("/html"))

    assert caught.value.reason is Reason.NOT_JSON


def test_the_environment_is_not_read(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", "/dev/null")

    assert get(server, "/ok") == b"fine"


def test_cookies_are_not_kept(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher:
        fetcher.get(server.url("/with?Set-Cookie=id%3D1%3B%20Path%3D/"))
        fetcher.get(server.url("/ok"))

    assert "cookie" not in server.headers


def test_connections_are_used_again(server: MisbehavingServer) -> None:
    server.clients.clear()
    with Fetcher(POLICY) as fetcher:
        for path in ("/ok", "/gzip", "/json"):
            fetcher.get(server.url(path))

    assert len(server.clients) == 1


# Addresses


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0"])
def test_loopback_is_refused_however_it_is_written(server: MisbehavingServer, host: str) -> None:
    before = sum(server.requests.values())

    fetcher = Fetcher(replace(POLICY, allow_loopback=False))
    with fetcher, pytest.raises(FetchError, match=host) as caught:
        fetcher.get(f"http://{host}:{server.port}/ok")

    assert caught.value.reason is Reason.ADDRESS_REFUSED
    assert sum(server.requests.values()) == before


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest/", "http://10.0.0.1/", "http://[::ffff:10.0.0.1]/"]
)
def test_every_hop_of_a_redirect_is_checked(server: MisbehavingServer, to: str) -> None:
    with Fetcher(POLICY) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url(f"/redirect?to={to}"))

    assert caught.value.reason is Reason.ADDRESS_REFUSED


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://a.example/", "http://u:p@a.example/"])
def test_redirects_lead_to_web_urls_only(server: MisbehavingServer, to: str) -> None:
    with Fetcher(POLICY) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url(f"/redirect?to={to}"))

    assert caught.value.reason is Reason.BAD_URL


class NameServer:
    """Answers for *.test with the addresses given; the last answer is repeated."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if not host.endswith(".test"):
            return REAL_GETADDRINFO(host, port, *args, **kwargs)
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]


REAL_GETADDRINFO = socket.getaddrinfo


def test_a_name_that_leads_inside_is_refused(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", NameServer(["127.0.0.1", "10.0.0.7"]))

    fetcher = Fetcher(replace(POLICY, allow_loopback=False))
    with fetcher, pytest.raises(FetchError, match=r"museum\.test leads to 127.*10\.") as caught:
        fetcher.get(f"http://museum.test:{server.port}/ok")

    assert caught.value.reason is Reason.ADDRESS_REFUSED


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a mixed answer only the permitted address is used, and the name is asked once."""
    names = NameServer(["10.0.0.7", "127.0.0.1"], ["169.254.169.254"])
    monkeypatch.setattr(socket, "getaddrinfo", names)

    with Fetcher(POLICY) as fetcher:
        assert fetcher.get(f"http://museum.test:{server.port}/ok").body == b"fine"
        assert names.asked == 1
        assert fetcher.get(f"http://museum.test:{server.port}/ok").body == b"fine"

    assert names.asked == 1, "the open connection is used again"


def test_a_name_server_that_changes_its_mind_wins_nothing(
    server: MisbehavingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", NameServer(["127.0.0.1"], ["10.0.0.7"]))

    with Fetcher(POLICY) as fetcher:
        url = f"http://museum.test:{server.port}"
        with pytest.raises(FetchError):
            fetcher.get(f"{url}/nothing")
        with pytest.raises(FetchError) as caught:
            fetcher.get(f"{url}/ok")

    assert caught.value.reason is Reason.ADDRESS_REFUSED


def test_unknown_names_and_closed_ports_have_their_own_reasons() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with Fetcher(POLICY) as fetcher:
            for url, reason in {
                closed: Reason.CONNECTION_FAILED,
                "http://nowhere.invalid/": Reason.NAME_NOT_RESOLVED,
                f"http://{'a' * 70}.example/": Reason.NAME_NOT_RESOLVED,
                f"http://{'ä' * 70}.example/": Reason.BAD_URL,
                "gopher://a.example/": Reason.BAD_URL,
            }.items():
                with pytest.raises(FetchError) as caught:
                    fetcher.get(url)
                assert caught.value.reason is reason, url


# Time and size


@pytest.mark.parametrize(
    "path", ["/stall", "/stall-body", "/drip-headers", "/drip-chunks", "/drip-body"]
)
def test_no_server_holds_a_request_beyond_its_time(server: MisbehavingServer, path: str) -> None:
    begun = time.monotonic()

    assert failure(server, path, SUDDEN).reason is Reason.TIMED_OUT

    assert time.monotonic() - begun < 2


def test_a_used_connection_has_a_deadline_too(server: MisbehavingServer) -> None:
    with Fetcher(SUDDEN) as fetcher:
        fetcher.get(server.url("/ok"))
        with pytest.raises(FetchError) as caught:
            fetcher.get(server.url("/drip-headers"))

    assert caught.value.reason is Reason.TIMED_OUT


def test_a_silent_tls_handshake_has_a_deadline_too() -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, Fetcher(SUDDEN) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(f"https://127.0.0.1:{silent.getsockname()[1]}/")

    assert caught.value.reason is Reason.TIMED_OUT


def test_a_server_without_tls_is_a_failed_connection(server: MisbehavingServer) -> None:
    with Fetcher(POLICY) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(f"https://127.0.0.1:{server.port}/ok")

    assert caught.value.reason is Reason.CONNECTION_FAILED


@pytest.mark.parametrize("path", ["/huge", "/gzip-bomb"])
def test_bodies_are_limited_after_decompression(server: MisbehavingServer, path: str) -> None:
    error = failure(server, path)

    assert error.reason is Reason.TOO_LARGE
    assert "100000 bytes" in str(error)


def test_the_limit_of_one_request_may_differ(server: MisbehavingServer) -> None:
    server.bodies["big"] = ("image/jpeg", bytes(150_000))

    with Fetcher(POLICY) as fetcher:
        assert len(fetcher.get(server.url("/bytes/big"), max_bytes=150_000).body) == 150_000
        with pytest.raises(FetchError) as caught:
            fetcher.get(server.url("/bytes/big"), max_bytes=149_999)

    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "path",
    ["/cut", "/reset", "/nothing", "/gzip-broken", "/broken-chunks", "/many-headers"],
)
def test_a_broken_response_is_a_failed_connection(server: MisbehavingServer, path: str) -> None:
    assert failure(server, path).reason is Reason.CONNECTION_FAILED


def test_a_wrong_content_length_harms_neither_this_request_nor_the_next(
    server: MisbehavingServer,
) -> None:
    with Fetcher(POLICY) as fetcher:
        assert fetcher.get(server.url("/short-length")).body == b"fine"
        assert fetcher.get(server.url("/ok")).body == b"fine"
        assert fetcher.get(server.url("/odd-length")).body == b"fine"


# Redirects and statuses


def test_redirects_end(server: MisbehavingServer) -> None:
    policy = replace(POLICY, max_redirects=3)

    assert failure(server, "/loop", policy).reason is Reason.TOO_MANY_REDIRECTS
    assert server.requests["/loop"] == 4
    assert get(server, "/redirects/3", policy) == b"fine"
    assert failure(server, "/redirects/4", policy).reason is Reason.TOO_MANY_REDIRECTS


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(server: MisbehavingServer, status: int) -> None:
    assert get(server, f"/redirect?to=/ok&status={status}") == b"fine"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, Reason.HTTP_CLIENT_ERROR),
        (401, Reason.HTTP_CLIENT_ERROR),
        (304, Reason.HTTP_CLIENT_ERROR),
        (500, Reason.HTTP_SERVER_ERROR),
        (429, Reason.RATE_LIMITED),
        (503, Reason.HTTP_SERVER_ERROR),
    ],
)
def test_a_bad_status_is_told(server: MisbehavingServer, status: int, reason: Reason) -> None:
    error = failure(server, f"/status/{status}")

    assert (error.reason, error.status) == (reason, status)
    assert str(status) in str(error)


def test_messages_hold_no_secrets(server: MisbehavingServer) -> None:
    for path in ("/status/404", "/cut", "/redirects/99", "/loop", "/html"):
        with Fetcher(POLICY) as fetcher, pytest.raises(FetchError) as caught:
            fetcher.get_json(server.url(f"{path}?wskey=TOPSECRET&api_key=TOPSECRET"))
        assert "TOPSECRET" not in str(caught.value)


# Retries


def persistent(time_: FakeTime, retries: int = 3, cap: float = 120) -> Fetcher:
    policy = replace(POLICY, retries=retries, backoff_s=1, retry_after_cap_s=cap)
    return Fetcher(policy, clock=time_.clock, sleep=time_.sleep, rng=random.Random(1))


def test_failures_are_retried_with_growing_jittered_pauses(
    server: MisbehavingServer, time_: FakeTime
) -> None:
    with persistent(time_) as fetcher:
        assert fetcher.get(server.url("/flaky/3")).body == b"at last"

    assert server.requests["/flaky/3"] == 4
    for pause, longest in zip(time_.slept, (1, 2, 4), strict=True):
        assert longest / 2 <= pause <= longest


def test_the_seed_decides_the_jitter(server: MisbehavingServer) -> None:
    pauses = []
    for _ in range(2):
        time_ = FakeTime()
        with persistent(time_) as fetcher, pytest.raises(FetchError):
            fetcher.get(server.url("/nothing"))
        pauses.append(time_.slept)

    assert pauses[0] == pauses[1]


def test_retries_end_with_the_last_error(server: MisbehavingServer, time_: FakeTime) -> None:
    with persistent(time_, retries=2) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url("/flaky/9"))

    assert caught.value.status == 500
    assert server.requests["/flaky/9"] == 3


@pytest.mark.parametrize("path", ["/status/404", "/status/410", "/status/501"])
def test_what_will_not_change_is_not_retried(
    server: MisbehavingServer, time_: FakeTime, path: str
) -> None:
    with persistent(time_) as fetcher, pytest.raises(FetchError):
        fetcher.get(server.url(path))

    assert time_.slept == []


def http_date(offset_s: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=offset_s), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for(server: MisbehavingServer, time_: FakeTime, status: int) -> None:
    path = f"/flaky/1?status={status}&retry_after=7"
    server.requests.clear()

    with persistent(time_) as fetcher:
        assert fetcher.get(server.url(path)).body == b"at last"

    assert time_.slept == [7]


def test_a_date_is_taken_by_the_server_s_own_clock(
    server: MisbehavingServer, time_: FakeTime
) -> None:
    query = "retry_after=Sat, 01 Jan 2000 00:00:40 GMT&date=Sat, 01 Jan 2000 00:00:10 GMT"
    path = f"/status/503?{query}".replace(" ", "%20")

    with persistent(time_, retries=1) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url(path))

    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.RATE_LIMITED, 30)
    assert time_.slept == [30]


def test_a_date_without_a_clock_is_taken_by_ours(
    server: MisbehavingServer, time_: FakeTime
) -> None:
    later = http_date(60).replace(" ", "%20")

    with persistent(time_, retries=0) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url(f"/status/429?retry_after={later}"))

    assert caught.value.retry_after_s == pytest.approx(60, abs=5)


@pytest.mark.parametrize("value", ["-5", "soon", "1e9", "Someday, 99 Foo 2000 00:00:00 GMT", ""])
def test_nonsense_in_retry_after_means_a_usual_pause(
    server: MisbehavingServer, time_: FakeTime, value: str
) -> None:
    with persistent(time_, retries=1) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(server.url(f"/status/429?retry_after={value}".replace(" ", "%20")))

    assert caught.value.retry_after_s is None
    assert len(time_.slept) == 1
    assert 0.5 <= time_.slept[0] <= 1


@pytest.mark.parametrize(("value", "told"), [("3600", 3600), ("9" * 40, 86400)])
def test_a_pause_beyond_the_cap_ends_the_request_and_spares_the_host(
    server: MisbehavingServer, time_: FakeTime, value: str, told: float
) -> None:
    with persistent(time_) as fetcher:
        with pytest.raises(FetchError) as caught:
            fetcher.get(server.url(f"/status/429?retry_after={value}"))
        asked = sum(server.requests.values())
        with pytest.raises(FetchError) as spared:
            fetcher.get(server.url("/ok"))

    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.RATE_LIMITED, told)
    assert (spared.value.reason, spared.value.retry_after_s) == (Reason.RATE_LIMITED, told)
    assert sum(server.requests.values()) == asked
    assert time_.slept == []


# Many at once


def test_a_host_sees_no_more_requests_at_once_than_the_policy_says(
    server: MisbehavingServer,
) -> None:
    server.most_at_once = 0
    with Fetcher(replace(POLICY, concurrency=3)) as fetcher, ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda _: fetcher.get(server.url("/slow")).body, range(16)))

    assert bodies == [b"slow"] * 16
    assert server.most_at_once == 3


def test_a_host_is_asked_no_faster_than_the_delay_says(server: MisbehavingServer) -> None:
    server.started.clear()
    policy = replace(POLICY, concurrency=4, delay_s=0.1)
    with Fetcher(policy) as fetcher, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fetcher.get(server.url("/ok")), range(5)))

    # Four delays; the first request may come late on a machine that is busy.
    assert max(server.started) - min(server.started) >= 0.2
