"""`Prefer: wait=N` (RFC 7240, section 4.3): hold the answer until a search has ended."""

from __future__ import annotations

import re
import time

from flask import request

from api.context import Service
from iiif_dedup.store import jobs
from iiif_dedup.store.jobs import JobState

MAX_WAIT_S = 30
_POLL_S = (0.02, 0.25)
"""Least and most seconds between two looks; between them, a tenth of what was waited."""
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)
_ACTIVE = {JobState.QUEUED, JobState.RUNNING}


def preferred_wait_s() -> int:
    """Return the seconds that the caller would wait, 0 to `MAX_WAIT_S`; 0 without a preference."""
    match = _WAIT.search(",".join(request.headers.getlist("Prefer")))
    return min(int(match[1]), MAX_WAIT_S) if match else 0


def wait_for(service: Service, job_id: str, seconds: int) -> bool:
    """Wait until a job has ended, `seconds` at most; return whether there was any waiting.

    There is none when half of the server's threads wait already.
    """
    if seconds <= 0 or not service.waiting.acquire(blocking=False):
        return False
    try:
        start = time.monotonic()
        while (waited := time.monotonic() - start) < seconds:
            with service.database.read() as session:
                job = jobs.get(session, job_id)
            if job is None or job.state not in _ACTIVE:
                break
            time.sleep(min(max(waited / 10, _POLL_S[0]), _POLL_S[1]))
    finally:
        service.waiting.release()
    return True
