"""One polite GET: redirects, retries, size and time limits around the guarded transport."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Self

import requests
import urllib3
from pydantic import SecretStr

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.breaker import UNSERVED, Breaker
from iiif_dedup.fetch.hosts import Hosts
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.fetch.keys import Key
from iiif_dedup.fetch.local_files import allowed_path, is_file_url, read_file
from iiif_dedup.fetch.policy import FetchPolicy
from iiif_dedup.fetch.responses import Fetched, FetchedJson, conditions, validators_in
from iiif_dedup.fetch.transport import Exchange, GuardedAdapter
from iiif_dedup.fetch.urls import checked, host_of, joined
from iiif_dedup.fetch.waits import rate_limit_s, retry_after_s
from iiif_dedup.types import Validators

logger = logging.getLogger(__name__)

JSON_TYPES = "application/ld+json, application/json;q=0.9, */*;q=0.1"
LONGEST_BACKOFF_S = 60.0

_CHUNK = 65536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a caller asks for, the same on every hop of the redirects."""

    headers: Mapping[str, str]
    limit: int
    also: Container[int]
    about: str


class Fetcher:
    """Asks partners' servers within one policy; thread-safe; close it, or use it in `with`.

    Args:
        policy: Limits and politeness.
        key: The source's key at its partner, which is sent where `send_key` says. Its text is
            replaced by `***` in every body, header and message that this fetcher gives out.
        clock: Returns seconds that never go backward.
        sleep: Waits for seconds; raising from it ends the request.
        rng: Source of the back-off's jitter.

    Attributes:
        requests: How many were sent so far, retries and redirects among them.
        bytes: Of bodies received so far, before decompression.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        key: SecretStr | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self.policy = policy
        self._key = Key(key)
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._hosts = Hosts(policy, clock, sleep)
        self._breaker = Breaker(policy.retry_after_cap_s, clock)
        self._adapter = GuardedAdapter(pool_maxsize=policy.concurrency)
        # Of the generator and of the counters.
        self._lock = threading.Lock()
        self.requests = 0
        self.bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()

    @property
    def has_key(self) -> bool:
        """Whether the settings have a key for this source."""
        return bool(self._key)

    def send_key(self, header: str, url: str) -> None:
        """Let the source's key stand in a header of every request to the origin of a URL.

        Args:
            header: Name of the header.
            url: Its scheme, host and port are the only ones that ever get the key.

        Raises:
            SettingsError: The settings have no key for this source.
            FetchError: BAD_URL.
        """
        self._key.send(header, url)

    def check(self, url: str) -> None:
        """Raise what `get` would raise for this URL before it asks anybody.

        Raises:
            FetchError: BAD_URL; for a `file:` URL also ADDRESS_REFUSED or NO_SUCH_FILE.
        """
        if is_file_url(url):
            allowed_path(url, self.policy.files_root)
        else:
            checked(url)

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        max_bytes: int | None = None,
        validators: Validators | None = None,
        also: Container[int] = (),
        about: str | None = None,
    ) -> Fetched:
        """Return the response to a GET, after redirects and retries.

        Connection failures, time-outs, 429 and 5xx are retried after a back-off, or after what
        Retry-After says (RFC 9110, section 10.2.3). A host whose rate limit is used up, as its
        headers tell, is asked again when that has passed.

        Args:
            url: An absolute http or https URL, or a `file:` URL beneath the policy's files_root.
            accept: Value of the Accept header.
            max_bytes: Largest body in bytes; the policy's limit for documents when None.
            validators: Of the document as it was; the answer may then be 304 with an empty body.
            also: Statuses that come back with their body like a good one.
            about: The record that this is for; 403s for one record count once when a host is
                left alone for refusing everything. The URL when None.

        Raises:
            FetchError: With the reason; RATE_LIMITED carries `retry_after_s` when the server
                asks for a longer pause than the policy waits, at most a day. HOST_RESTS carries
                one that is longer than the policy waits, when the host refused ten times in a
                row.
        """
        limit = self.policy.max_bytes if max_bytes is None else max_bytes
        if is_file_url(url):
            return read_file(url, self.policy.files_root, limit, validators)
        headers = {
            "User-Agent": self.policy.user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
            **conditions(validators or Validators()),
        }
        return self._follow(url, _Wanted(headers, limit, also, about or url), validators)

    def get_json(
        self,
        url: str,
        *,
        accept: str = JSON_TYPES,
        max_bytes: int | None = None,
        validators: Validators | None = None,
    ) -> FetchedJson:
        """Return the JSON document at a URL, whatever media type the server calls it.

        Args:
            url: As in `get`; so for `accept` and `max_bytes`.
            accept: Value of the Accept header.
            max_bytes: Largest body in bytes.
            validators: Of the document as it was; the answer may then be `unchanged`.

        Raises:
            FetchError: As `get`, and NOT_JSON or TOO_DEEP.
        """
        fetched = self.get(url, accept=accept, max_bytes=max_bytes, validators=validators)
        if fetched.status == 304:
            return FetchedJson(url, fetched.final_url, None, fetched.validators, unchanged=True)
        document = parse_json(fetched.body, self._key.hide(fetched.final_url))
        return FetchedJson(url, fetched.final_url, document, fetched.validators)

    def _follow(self, asked: str, wanted: _Wanted, validators: Validators | None) -> Fetched:
        """Return the response at the end of the redirects; every hop is checked like the first."""
        url = checked(asked)
        for _ in range(self.policy.max_redirects + 1):
            status, headers, body = self._persist(url, wanted)
            if status not in _REDIRECTS:
                sent = validators if status == 304 else None
                return Fetched(asked, url, status, headers, body, validators_in(headers, sent))
            url = joined(url, headers.get("Location", ""))
        raise FetchError(
            Reason.TOO_MANY_REDIRECTS,
            f"{self._key.hide(asked)} redirects more than {self.policy.max_redirects} times.",
        )

    def _persist(self, url: str, wanted: _Wanted) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of one hop, after retries."""
        host = host_of(url)
        attempt = 0
        while True:
            self._breaker.check(host)
            try:
                answer = self._exchange(url, wanted)
            except FetchError as error:
                if attempt == self.policy.retries or not self._worth_retrying(error):
                    self._breaker.failed(host, error, wanted.about)
                    raise
                wait = self._pause(attempt, error.retry_after_s)
                logger.info("%s Trying again in %.1f s.", error, wait)
            else:
                self._breaker.served(host)
                return answer
            self._sleep(wait)
            attempt += 1

    def _exchange(self, url: str, wanted: _Wanted) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body of one request without following redirects."""
        headers = {**wanted.headers, **self._key.headers_for(url)}
        timeout = (self.policy.connect_timeout_s, self.policy.read_timeout_s)
        with (
            self._hosts.turn(host_of(url)),
            Exchange(self.policy.timeout_s, allow_loopback=self.policy.allow_loopback) as exchange,
        ):
            try:
                request = requests.Request("GET", url, headers=headers).prepare()
                self._count(requests=1)
                response = self._adapter.send(request, stream=True, timeout=timeout)
                try:
                    body = self._read(response, url, wanted)
                finally:
                    self._count(received=response.raw.tell())
                    response.close()
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise self._failure(url, error, expired=exchange.expired) from error
            if exchange.expired:
                # Without Content-Length the watchdog's cut looks like a regular end.
                raise self._failure(url, None, expired=True)
        shown = self._key.hide_in_headers(response.headers)
        return response.status_code, shown, self._key.hide_in_body(body)

    def _read(self, response: requests.Response, url: str, wanted: _Wanted) -> bytes:
        """Return the decompressed body of a good response, b"" of a redirect or a 304.

        Raises:
            FetchError: TOO_LARGE, or what the status says.
        """
        status = response.status_code
        limited = rate_limit_s(response.headers)
        if limited is not None:
            self._hosts.postpone(host_of(url), limited)
        if status in _REDIRECTS or (status == 304 and _conditional(wanted)):
            return b""
        if not 200 <= status < 300 and status not in wanted.also:
            raise self._refusal(response, url)
        body = bytearray()
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > wanted.limit:
                raise FetchError(
                    Reason.TOO_LARGE,
                    f"{self._key.hide(url)} sends more than {wanted.limit} bytes, the limit for "
                    "this kind of file.",
                    status=status,
                )
        return bytes(body)

    def _refusal(self, response: requests.Response, url: str) -> FetchError:
        """Return the error for a status that is neither good nor a redirect."""
        status = response.status_code
        wait = retry_after_s(response.headers) if status in {429, 503} else None
        if wait is not None:
            self._hosts.postpone(host_of(url), wait)
        if status == 429 or wait is not None:
            reason = Reason.RATE_LIMITED
        elif status >= 500:
            reason = Reason.HTTP_SERVER_ERROR
        else:
            reason = Reason.HTTP_CLIENT_ERROR
        asked = "" if wait is None else f" and asks to wait {wait:.0f} s"
        answer = self._key.hide(f"{status} {response.reason or ''}").rstrip()
        return FetchError(
            reason,
            f"Expected a document from {self._key.hide(url)}, but the server answered {answer}"
            f"{asked}.",
            status=status,
            retry_after_s=wait,
        )

    def _failure(self, url: str, error: Exception | None, *, expired: bool) -> FetchError:
        """Return the error for a connection that gave no whole response."""
        shown = self._key.hide(url)
        if expired:
            return FetchError(
                Reason.TIMED_OUT,
                f"{shown} did not finish its response within {self.policy.timeout_s:g} s.",
            )
        silent = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
        if isinstance(error, silent):
            return FetchError(
                Reason.TIMED_OUT, f"{shown} was silent for {self.policy.read_timeout_s:g} s."
            )
        malformed = (requests.exceptions.InvalidURL, urllib3.exceptions.LocationValueError)
        reason = Reason.BAD_URL if isinstance(error, malformed) else Reason.CONNECTION_FAILED
        return FetchError(
            reason, f"No whole response from {shown}: {self._key.hide(str(error))[:300]}."
        )

    def _worth_retrying(self, error: FetchError) -> bool:
        if error.reason not in UNSERVED or error.status == 501:
            # 501 means that the server cannot do it, now or later.
            return False
        return (error.retry_after_s or 0.0) <= self.policy.retry_after_cap_s

    def _pause(self, attempt: int, asked_s: float | None) -> float:
        """Return seconds until the next attempt; `attempt` is 0-based."""
        if asked_s is not None:
            return asked_s
        longest = min(self.policy.backoff_s * 2**attempt, LONGEST_BACKOFF_S)
        with self._lock:
            return self._rng.uniform(longest / 2, longest)

    def _count(self, *, requests: int = 0, received: int = 0) -> None:
        with self._lock:
            self.requests += requests
            self.bytes += received


def _conditional(wanted: _Wanted) -> bool:
    return not {"If-None-Match", "If-Modified-Since"}.isdisjoint(wanted.headers)
