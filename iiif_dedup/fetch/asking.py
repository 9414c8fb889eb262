"""One request with its one response: size and time limits, and what is wrong when it fails."""

from __future__ import annotations

import threading
from collections.abc import Container, Mapping
from dataclasses import dataclass

import requests
import urllib3

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.hosts import Hosts
from iiif_dedup.fetch.keys import Key
from iiif_dedup.fetch.policy import FetchPolicy
from iiif_dedup.fetch.transport import Exchange, GuardedAdapter
from iiif_dedup.fetch.urls import host_of
from iiif_dedup.fetch.waits import rate_limit_s, retry_after_s

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_CHUNK = 65536
_CONDITIONS = frozenset({"If-None-Match", "If-Modified-Since"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks for, the same on every hop of the redirects.

    Attributes:
        headers: Of the request, without the key.
        limit: Largest body in bytes.
        also: Statuses whose body is wanted as well.
    """

    headers: Mapping[str, str]
    limit: int
    also: Container[int]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with a wanted status, a redirect or a 304; the last two without a body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Asker:
    """Sends single requests; thread-safe.

    Args:
        policy: Its limits are kept.
        key: Is sent to its origin, and taken out of every answer and message.
        hosts: Gives the turns.

    Attributes:
        sent: Requests sent so far.
        received: Bytes of bodies received so far, before decompression.
    """

    def __init__(self, policy: FetchPolicy, key: Key, hosts: Hosts) -> None:
        self._policy = policy
        self._key = key
        self._hosts = hosts
        self._adapter = GuardedAdapter(pool_maxsize=policy.concurrency)
        self._lock = threading.Lock()
        self.sent = 0
        self.received = 0

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()

    def ask(self, url: str, wanted: Wanted) -> Answer:
        """Return the answer to one GET; nothing is followed or tried again.

        Args:
            url: A checked URL.
            wanted: What to ask for.

        Raises:
            FetchError: There is no whole response, it is too large, or its status is not wanted.
        """
        headers = {**wanted.headers, **self._key.headers_for(url)}
        policy = self._policy
        with (
            self._hosts.turn(host_of(url)),
            Exchange(policy.timeout_s, allow_loopback=policy.allow_loopback) as exchange,
        ):
            try:
                request = requests.Request("GET", url, headers=headers).prepare()
                with self._lock:
                    self.sent += 1
                timeout = (policy.connect_timeout_s, policy.read_timeout_s)
                response = self._adapter.send(request, stream=True, timeout=timeout)
                try:
                    body = self._read(response, url, wanted)
                finally:
                    with self._lock:
                        self.received += response.raw.tell()
                    response.close()
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise self._failure(url, error, expired=exchange.expired) from error
            if exchange.expired:
                # Without Content-Length the watchdog's cut looks like a regular end.
                raise self._failure(url, None, expired=True)
        shown = self._key.hide_in_headers(response.headers)
        return Answer(response.status_code, shown, self._key.hide_in_body(body))

    def _read(self, response: requests.Response, url: str, wanted: Wanted) -> bytes:
        """Return the decompressed body of a wanted response, b"" of a redirect or a 304.

        Raises:
            FetchError: TOO_LARGE, or what the status says.
        """
        status = response.status_code
        limited = rate_limit_s(response.headers)
        if limited is not None:
            self._hosts.postpone(host_of(url), limited)
        if status in REDIRECTS or (status == 304 and not _CONDITIONS.isdisjoint(wanted.headers)):
            return b""
        if not 200 <= status < 300 and status not in wanted.also:
            raise self._refusal(response, url)
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced[:20]) > wanted.limit:
            raise self._too_large(url, status, wanted)
        body = bytearray()
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > wanted.limit:
                raise self._too_large(url, status, wanted)
        return bytes(body)

    def _too_large(self, url: str, status: int, wanted: Wanted) -> FetchError:
        return FetchError(
            Reason.TOO_LARGE,
            f"{self._key.hide(url)} sends more than {wanted.limit} bytes, the limit for this "
            "kind of file.",
            status=status,
        )

    def _refusal(self, response: requests.Response, url: str) -> FetchError:
        """Return the error for a status that is not wanted."""
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
        answer = self._key.hide(f"{status} {response.reason or ''}"[:200]).rstrip()
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
                f"{shown} did not finish its response within {self._policy.timeout_s:g} s.",
            )
        silent = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
        if isinstance(error, silent):
            return FetchError(
                Reason.TIMED_OUT, f"{shown} was silent for {self._policy.read_timeout_s:g} s."
            )
        malformed = (requests.exceptions.InvalidURL, urllib3.exceptions.LocationValueError)
        reason = Reason.BAD_URL if isinstance(error, malformed) else Reason.CONNECTION_FAILED
        return FetchError(
            reason, f"No whole response from {shown}: {self._key.hide(str(error))[:300]}."
        )
