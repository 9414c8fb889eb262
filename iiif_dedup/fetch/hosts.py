"""How often and how many at once: the turns that requests to one host take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.fetch.policy import FetchPolicy


class _Host:
    """The state of one host; times are those of the clock, in seconds."""

    def __init__(self, concurrency: int) -> None:
        self.slots = threading.BoundedSemaphore(concurrency)
        self.next_start = 0.0
        self.not_before = 0.0


class Hosts:
    """Turns for requests, by host; thread-safe.

    Args:
        policy: Its delay, concurrency and Retry-After cap are kept.
        clock: Returns seconds that never go backward.
        sleep: Waits for seconds.
    """

    def __init__(
        self, policy: FetchPolicy, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait until the host may be asked, and hold one of its slots for the block.

        Raises:
            FetchError: RATE_LIMITED when the host has asked to be left alone for longer than
                the policy waits.
        """
        state = self._state(host)
        with state.slots:
            wait = self._reserve(host, state)
            if wait > 0:
                self._sleep(wait)
            yield

    def postpone(self, host: str, seconds: float) -> None:
        """Let no further request to the host start within the next `seconds`."""
        state = self._state(host)
        with self._lock:
            state.not_before = max(state.not_before, self._clock() + seconds)

    def _state(self, host: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host, _Host(self._policy.concurrency))

    def _reserve(self, host: str, state: _Host) -> float:
        """Take the next start and return the seconds until then."""
        with self._lock:
            now = self._clock()
            asked = state.not_before - now
            if asked > self._policy.retry_after_cap_s:
                raise FetchError(
                    Reason.RATE_LIMITED,
                    f"{host} has asked not to be contacted for another {asked:.0f} s. "
                    "Run the job again after that.",
                    retry_after_s=asked,
                )
            start = max(now, state.next_start, state.not_before)
            state.next_start = start + self._policy.delay_s
            return start - now
