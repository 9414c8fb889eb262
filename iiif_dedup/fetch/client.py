"""One polite GET: redirects, retries, size and time limits around the guarded transport."""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

import requests
import urllib3

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.hosts import Hosts
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.fetch.policy import FetchPolicy
from iiif_dedup.fetch.transport import Exchange, GuardedAdapter
from iiif_dedup.fetch.urls import checked, host_of, joined, scrub
from iiif_dedup.types import Json

logger = logging.getLogger(__name__)

JSON_TYPES = "application/ld+json, application/json;q=0.9, */*;q=0.1"
LONGEST_RETRY_AFTER_S = 86400.0
LONGEST_BACKOFF_S = 60.0

_CHUNK = 65536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRIED = frozenset(
    {
        Reason.CONNECTION_FAILED,
        Reason.NAME_NOT_RESOLVED,
        Reason.TIMED_OUT,
        Reason.HTTP_SERVER_ERROR,
        Reason.RATE_LIMITED,
    }
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A successful response.

    Attributes:
        url: The URL as it was asked for.
        final_url: The URL that answered, after redirects.
        status: HTTP status, 200 to 299.
        headers: Response headers; names are looked up without regard to case.
        body: The body after decompression.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class FetchedJson:
    """A JSON document with the URL as asked for and the one that answered."""

    url: str
    final_url: str
    document: Json


class Fetcher:
    """Asks partners' servers within one policy; thread-safe; close it, or use it in `with`.

    Args:
        policy: Limits and politeness.
        clock: Returns seconds that never go backward.
        sleep: Waits for seconds; raising from it ends the request.
        rng: Source of the back-off's jitter.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.policy = policy
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._rng_lock = threading.Lock()
        self._hosts = Hosts(policy, clock, sleep)
        self._adapter = GuardedAdapter(pool_maxsize=policy.concurrency)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()

    def get(self, url: str, *, accept: str = "*/*", max_bytes: int | None = None) -> Fetched:
        """Return the response to a GET, after redirects and retries.

        Connection failures, time-outs, 429 and 5xx are retried after a back-off, or after what
        Retry-After says (RFC 9110, section 10.2.3).

        Args:
            url: An absolute http or https URL.
            accept: Value of the Accept header.
            max_bytes: Largest body in bytes; the policy's limit for documents when None.

        Raises:
            FetchError: With the reason; RATE_LIMITED carries `retry_after_s` when the server
                asks for a longer pause than the policy waits, at most a day.
        """
        limit = self.policy.max_bytes if max_bytes is None else max_bytes
        start = checked(url)
        attempt = 0
        while True:
            try:
                return self._follow(url, start, accept, limit)
            except FetchError as error:
                if attempt == self.policy.retries or not self._worth_retrying(error):
                    raise
                wait = self._pause(attempt, error.retry_after_s)
                logger.info("%s Trying again in %.1f s.", error, wait)
            self._sleep(wait)
            attempt += 1

    def get_json(
        self, url: str, *, accept: str = JSON_TYPES, max_bytes: int | None = None
    ) -> FetchedJson:
        """Return the JSON document at a URL, whatever media type the server calls it.

        Raises:
            FetchError: As `get`, and NOT_JSON or TOO_DEEP.
        """
        fetched = self.get(url, accept=accept, max_bytes=max_bytes)
        document = parse_json(fetched.body, scrub(fetched.final_url))
        return FetchedJson(url, fetched.final_url, document)

    def _follow(self, asked: str, url: str, accept: str, limit: int) -> Fetched:
        """Return the response at the end of the redirects; every hop is checked like the first."""
        for _ in range(self.policy.max_redirects + 1):
            status, headers, body = self._exchange(url, accept, limit)
            if status not in _REDIRECTS:
                return Fetched(asked, url, status, headers, body)
            url = joined(url, headers.get("Location", ""))
        raise FetchError(
            Reason.TOO_MANY_REDIRECTS,
            f"{scrub(asked)} redirects more than {self.policy.max_redirects} times.",
        )

    def _exchange(self, url: str, accept: str, limit: int) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of one request without following redirects."""
        headers = {
            "User-Agent": self.policy.user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
        }
        timeout = (self.policy.connect_timeout_s, self.policy.read_timeout_s)
        with (
            self._hosts.turn(host_of(url)),
            Exchange(self.policy.timeout_s, allow_loopback=self.policy.allow_loopback) as exchange,
        ):
            try:
                request = requests.Request("GET", url, headers=headers).prepare()
                response = self._adapter.send(request, stream=True, timeout=timeout)
                try:
                    body = self._read(response, url, limit)
                finally:
                    response.close()
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise self._failure(url, error, expired=exchange.expired) from error
            if exchange.expired:
                # Without Content-Length the watchdog's cut looks like a regular end.
                raise self._failure(url, None, expired=True)
        return response.status_code, response.headers, body

    def _read(self, response: requests.Response, url: str, limit: int) -> bytes:
        """Return the decompressed body of a good response, b"" of a redirect.

        Raises:
            FetchError: TOO_LARGE, or what the status says.
        """
        status = response.status_code
        if status in _REDIRECTS:
            return b""
        if not 200 <= status < 300:
            raise self._refusal(response, url)
        body = bytearray()
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > limit:
                raise FetchError(
                    Reason.TOO_LARGE,
                    f"{scrub(url)} sends more than {limit} bytes, the limit for this kind of file.",
                    status=status,
                )
        return bytes(body)

    def _refusal(self, response: requests.Response, url: str) -> FetchError:
        """Return the error for a status that is neither good nor a redirect."""
        status = response.status_code
        wait = _retry_after_s(response.headers) if status in {429, 503} else None
        if wait is not None:
            self._hosts.postpone(host_of(url), wait)
        if status == 429 or wait is not None:
            reason = Reason.RATE_LIMITED
        elif status >= 500:
            reason = Reason.HTTP_SERVER_ERROR
        else:
            reason = Reason.HTTP_CLIENT_ERROR
        asked = "" if wait is None else f" and asks to wait {wait:.0f} s"
        return FetchError(
            reason,
            f"Expected a document from {scrub(url)}, but the server answered {status} "
            f"{response.reason or ''}".rstrip()
            + f"{asked}.",
            status=status,
            retry_after_s=wait,
        )

    def _failure(self, url: str, error: Exception | None, *, expired: bool) -> FetchError:
        """Return the error for a connection that gave no whole response."""
        if expired:
            return FetchError(
                Reason.TIMED_OUT,
                f"{scrub(url)} did not finish its response within {self.policy.timeout_s:g} s.",
            )
        silent = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
        if isinstance(error, silent):
            return FetchError(
                Reason.TIMED_OUT,
                f"{scrub(url)} was silent for {self.policy.read_timeout_s:g} s.",
            )
        malformed = (requests.exceptions.InvalidURL, urllib3.exceptions.LocationValueError)
        reason = Reason.BAD_URL if isinstance(error, malformed) else Reason.CONNECTION_FAILED
        return FetchError(
            reason, f"No whole response from {scrub(url)}: {scrub(str(error))[:300]}."
        )

    def _worth_retrying(self, error: FetchError) -> bool:
        if error.reason not in _RETRIED or error.status == 501:
            # 501 means that the server cannot do it, now or later.
            return False
        return (error.retry_after_s or 0.0) <= self.policy.retry_after_cap_s

    def _pause(self, attempt: int, asked_s: float | None) -> float:
        """Return seconds until the next attempt; `attempt` is 0-based."""
        if asked_s is not None:
            return asked_s
        longest = min(self.policy.backoff_s * 2**attempt, LONGEST_BACKOFF_S)
        with self._rng_lock:
            return self._rng.uniform(longest / 2, longest)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, 0 to a day; None when it says nothing clear.

    A date is taken relative to the server's own Date, since its clock may be wrong.
    """
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return min(float(value[:12]), LONGEST_RETRY_AFTER_S)
    until = _http_date(value)
    if until is None:
        return None
    now = _http_date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_S)


def _http_date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
