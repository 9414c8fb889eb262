"""What others call: a GET with its redirects and retries, and the JSON in its body."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Container
from typing import Self

from pydantic import SecretStr

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.asking import REDIRECTS, Answer, Asker, Wanted
from iiif_dedup.fetch.breaker import UNSERVED, Breaker
from iiif_dedup.fetch.hosts import Hosts
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.fetch.keys import Key
from iiif_dedup.fetch.local_files import allowed_path, is_file_url, read_file
from iiif_dedup.fetch.policy import FetchPolicy
from iiif_dedup.fetch.responses import Fetched, FetchedJson, conditions, validators_in
from iiif_dedup.fetch.urls import checked, host_of, joined
from iiif_dedup.types import Validators

logger = logging.getLogger(__name__)

JSON_TYPES = "application/ld+json, application/json;q=0.9, */*;q=0.1"
LONGEST_BACKOFF_S = 60.0


class Fetcher:
    """Asks partners' servers within one policy; thread-safe; close it, or use it in `with`.

    Args:
        policy: Limits and politeness.
        key: The source's key at its partner, which is sent where `send_key` says. Its text is
            replaced by `***` in every body, header and message that this fetcher gives out.
        clock: Returns seconds that never go backward.
        sleep: Waits for seconds; raising from it ends the request.
        rng: Source of the back-off's jitter.
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
        self._rng_lock = threading.Lock()
        self._breaker = Breaker(policy.retry_after_cap_s, clock)
        self._asker = Asker(policy, self._key, Hosts(policy, clock, sleep))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._asker.close()

    @property
    def requests(self) -> int:
        """Requests sent so far, retries and redirects among them."""
        return self._asker.sent

    @property
    def bytes(self) -> int:
        """Bytes of bodies received so far, before decompression."""
        return self._asker.received

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
        return self._follow(url, Wanted(headers, limit, also), validators, about or url)

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

    def _follow(
        self, asked: str, wanted: Wanted, validators: Validators | None, about: str
    ) -> Fetched:
        """Return the response at the end of the redirects; every hop is checked like the first."""
        url = checked(asked)
        for _ in range(self.policy.max_redirects + 1):
            answer = self._persist(url, wanted, about)
            status, headers = answer.status, answer.headers
            if status not in REDIRECTS:
                now = validators_in(headers, validators if status == 304 else None)
                return Fetched(asked, url, status, headers, answer.body, now)
            if not headers.get("Location"):
                raise FetchError(
                    Reason.BAD_URL,
                    f"{self._key.hide(url)} answers {status}, a redirect, without saying where to.",
                )
            url = joined(url, headers["Location"])
        raise FetchError(
            Reason.TOO_MANY_REDIRECTS,
            f"{self._key.hide(asked)} redirects more than {self.policy.max_redirects} times.",
        )

    def _persist(self, url: str, wanted: Wanted, about: str) -> Answer:
        """Return the answer of one hop, after retries."""
        host = host_of(url)
        attempt = 0
        while True:
            self._breaker.check(host)
            try:
                answer = self._asker.ask(url, wanted)
            except FetchError as error:
                if attempt == self.policy.retries or not self._worth_retrying(error):
                    self._breaker.failed(host, error, about)
                    raise
                wait = self._pause(attempt, error.retry_after_s)
                logger.info("%s Trying again in %.1f s.", error, wait)
            else:
                self._breaker.served(host)
                return answer
            self._sleep(wait)
            attempt += 1

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
        with self._rng_lock:
            return self._rng.uniform(longest / 2, longest)
