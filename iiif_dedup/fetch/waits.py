"""How long a server asks to be left alone: Retry-After and the rate-limit headers.

Follows RFC 9110, section 10.2.3, and draft-ietf-httpapi-ratelimit-headers in the forms that are
in use: `RateLimit: "default";r=0;t=30`, `RateLimit: limit=9, remaining=0, reset=30`, and the
separate `RateLimit-Remaining` and `RateLimit-Reset`, also with `X-` in front.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 86400.0

_PREFIXES = ("RateLimit", "X-RateLimit", "X-Rate-Limit")
# One policy of the draft's list: remaining requests, seconds until there are new ones.
_POLICY = {
    "remaining": re.compile(r"(?:^|[;,\s])(?:r|remaining)\s*=\s*([0-9]{1,12})(?![0-9.])"),
    "reset": re.compile(r"(?:^|[;,\s])(?:t|reset)\s*=\s*([0-9]{1,12})(?![0-9.])"),
}
_QUOTED = re.compile(r'"[^"]*"')
# Above this a reset counts seconds since 1970, above the next one milliseconds.
_EPOCH_S = 1e9
_EPOCH_MS = 1e12


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, 0 to a day; None when it says nothing clear.

    A date is taken relative to the server's own Date, since its clock may be wrong.
    """
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return _bounded(float(value[:12]))
    until = _http_date(value)
    return None if until is None else _bounded((until - _now(headers)).total_seconds())


def rate_limit_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until requests are left again, 0 to a day; None while some are left."""
    waits = []
    for policy in _QUOTED.sub("q", headers.get("RateLimit", "")[:2000]).split(", q"):
        found = {name: pattern.search(policy) for name, pattern in _POLICY.items()}
        if found["remaining"] and found["reset"]:
            waits.append((int(found["remaining"][1]), float(found["reset"][1])))
    for prefix in _PREFIXES:
        remaining = headers.get(f"{prefix}-Remaining", "").strip()
        reset = headers.get(f"{prefix}-Reset", "").strip()
        if re.fullmatch(r"[0-9]{1,12}", remaining) and re.fullmatch(r"[0-9]{1,15}", reset):
            waits.append((int(remaining), _until(float(reset), headers)))
    exhausted = [_bounded(wait) for remaining, wait in waits if remaining == 0]
    return max(exhausted, default=None)


def _until(reset: float, headers: Mapping[str, str]) -> float:
    """Return seconds from now, whichever way a reset is written."""
    if reset < _EPOCH_S:
        return reset
    return (reset / 1000 if reset >= _EPOCH_MS else reset) - _now(headers).timestamp()


def _now(headers: Mapping[str, str]) -> datetime:
    return _http_date(headers.get("Date", "")) or datetime.now(UTC)


def _http_date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST_WAIT_S)
