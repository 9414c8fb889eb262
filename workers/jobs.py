"""What a worker does with a wake-up: claim the job, run its kind's handler, record the outcome."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from iiif_dedup.errors import (
    EncoderError,
    FetchError,
    IiifDedupError,
    JobCancelledError,
    LeaseLostError,
    NotSearchableError,
    SettingsError,
    StoreError,
)
from iiif_dedup.store import jobs
from iiif_dedup.store.jobs import Claim
from workers.heartbeat import Heartbeat
from workers.kinds import KINDS
from workers.logs import event
from workers.queues import wake
from workers.workplace import Workplace

log = logging.getLogger(__name__)

LONGEST_RETRY_S = 300.0
PERMANENT = (SettingsError, NotSearchableError, StoreError, EncoderError)
"""Errors that a repeat would only meet again."""


class WorkerStoppedError(IiifDedupError):
    """The worker process was asked to end; its job goes back to the queue at once."""


_workplace: Workplace | None = None


@contextmanager
def open_for_work(workplace: Workplace) -> Iterator[None]:
    """Let `run` use `workplace` within this block."""
    global _workplace  # noqa: PLW0603  RQ calls a function by name and hands it the job id only
    _workplace = workplace
    try:
        yield
    finally:
        _workplace = None


def run(job_id: str) -> None:
    """Do one attempt at the job, if it is still to be had; RQ calls this by name.

    Whatever happens to the attempt stands in the job's row when this returns; nothing is raised.
    """
    if _workplace is None:
        raise RuntimeError("run is called by `python -m workers.worker`, within open_for_work.")
    settings = _workplace.settings
    claim = jobs.claim(
        _workplace.database,
        job_id,
        owner=_workplace.owner,
        lease_s=settings.job_lease_s,
        max_attempts=settings.job_attempts,
    )
    if claim is None:
        event(log, logging.DEBUG, "job_not_to_be_had", job=job_id)
        return
    start = time.monotonic()
    event(log, logging.INFO, "job_started", job=job_id, kind=claim.kind, attempt=claim.attempt)
    outcome, error = _attempt(_workplace, claim)
    level = logging.INFO if error is None else logging.WARNING
    fields = {} if error is None else {"error": _sentence(error)}
    seconds = time.monotonic() - start
    event(log, level, f"job_{outcome}", job=job_id, kind=claim.kind, seconds=seconds, **fields)


def _attempt(workplace: Workplace, claim: Claim) -> tuple[str, Exception | None]:
    """Run the handler; return what became of the attempt, and the error that ended it."""
    try:
        with workplace.interruption, Heartbeat(claim, workplace.interruption):
            _handle(workplace, claim)
    except LeaseLostError as error:
        return "lost", error
    # Whatever a handler raises belongs into the job's row, and the worker lives on.
    except Exception as error:  # noqa: BLE001
        try:
            return _record(claim, error), error
        except LeaseLostError:
            # It had ended before the error came, or somebody else has it by now.
            return "lost", error
    return "succeeded", None


def _handle(workplace: Workplace, claim: Claim) -> None:
    kind = KINDS.get(claim.kind)
    if kind is None:
        raise SettingsError(
            f"Unknown kind of job {claim.kind!r}. Known kinds: {', '.join(sorted(KINDS))}; run "
            "web process and workers from the same version."
        )
    limit_s = math.ceil(kind.timeout_s(workplace.settings))
    with UnixSignalDeathPenalty(limit_s, JobTimeoutException):  # type: ignore[no-untyped-call]
        follow_ups = kind.handler(workplace, claim)
    for job in follow_ups:
        wake(workplace.redis, job)


def _record(claim: Claim, error: Exception) -> str:
    """Write into the job's row how the attempt ended, and return it as a word."""
    if isinstance(error, JobCancelledError):
        claim.cancelled()
        return "cancelled"
    state = claim.fail(_sentence(error), retry_in_s=_retry_in_s(error, claim.attempt))
    return "requeued" if state is jobs.JobState.QUEUED else state.value


def _retry_in_s(error: Exception, attempt: int) -> float | None:
    """Return after how many seconds another attempt may go better; None for never."""
    if isinstance(error, WorkerStoppedError):
        return 0.0
    if isinstance(error, PERMANENT):
        return None
    if isinstance(error, FetchError) and error.retry_after_s is not None:
        return error.retry_after_s
    return float(min(2.0**attempt, LONGEST_RETRY_S))


def _sentence(error: Exception) -> str:
    """Return the error in one line; errors that we did not write carry their type."""
    text = " ".join(str(error).split())
    if isinstance(error, IiifDedupError | JobTimeoutException):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
