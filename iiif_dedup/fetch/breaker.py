"""Leaves a host alone that has refused to serve many times in a row."""

from __future__ import annotations

import threading
from collections.abc import Callable

from iiif_dedup.errors import FetchError, Reason

LIMIT = 10
"""Refusals in a row after which a host rests."""
REST_S = 900.0
"""Seconds that it rests at least."""

UNSERVED = frozenset(
    {
        Reason.CONNECTION_FAILED,
        Reason.NAME_NOT_RESOLVED,
        Reason.TIMED_OUT,
        Reason.HTTP_SERVER_ERROR,
        Reason.RATE_LIMITED,
    }
)
"""What a host is down with; a later request may go better."""


class _Host:
    """What a host has refused since it last served; times are those of the clock."""

    def __init__(self) -> None:
        self.down = 0
        self.forbidden: set[str] = set()
        self.rests_until = 0.0

    def refusals(self) -> int:
        return self.down + len(self.forbidden)


class Breaker:
    """Counts, by host, the requests in a row that were refused; thread-safe.

    A host that is down (429, 5xx, no connection, after all retries) counts with every request.
    A 403 counts once for each record, since one restricted record may have hundreds of pictures.

    Args:
        longest_wait_s: The policy's Retry-After cap; a rest is longer, so that a harvest stops at
            its checkpoint and is done later.
        clock: Returns seconds that never go backward.
    """

    def __init__(self, longest_wait_s: float, clock: Callable[[], float]) -> None:
        self._rest_s = max(REST_S, 2 * longest_wait_s + 1)
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    def check(self, host: str) -> None:
        """Do nothing while the host may be asked.

        Raises:
            FetchError: HOST_RESTS, with the seconds until it may.
        """
        with self._lock:
            state = self._hosts.get(host)
            left = 0.0 if state is None else state.rests_until - self._clock()
        if left > 0:
            # Less than the cap is left near the end; a caller would then go on without it.
            raise FetchError(
                Reason.HOST_RESTS,
                f"{host} has refused {LIMIT} requests in a row, so it is left alone for another "
                f"{left:.0f} s. Look whether it is down or has blocked this client.",
                retry_after_s=max(left, self._rest_s / 2),
            )

    def served(self, host: str) -> None:
        """Count an answer that shows the host at work."""
        with self._lock:
            self._hosts.pop(host, None)

    def failed(self, host: str, error: FetchError, about: str) -> None:
        """Count a request that ended in an error.

        Args:
            host: That was asked.
            error: Its end, after all retries.
            about: What the request was for; a 403 counts once for each.
        """
        refused, forbidden = error.reason in UNSERVED, error.status == 403
        if not refused and not forbidden:
            if error.status is not None:
                self.served(host)
            return
        with self._lock:
            state = self._hosts.setdefault(host, _Host())
            if refused:
                state.down += 1
            else:
                state.forbidden.add(about)
            if state.refusals() >= LIMIT:
                state.rests_until = self._clock() + self._rest_s
