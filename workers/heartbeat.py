"""The sign of life of a running attempt: renews its lease, and ends it when it may not go on."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from iiif_dedup.errors import JobCancelledError, LeaseLostError
from iiif_dedup.store.jobs import Claim, JobState, get
from workers.interruption import Interruption
from workers.logs import event

log = logging.getLogger(__name__)


class Heartbeat:
    """Renews the lease of `claim` every third of its length, within a `with` block.

    When the lease is lost or the job is to be cancelled, it interrupts the main thread with
    that error. Writes of a lost attempt are refused by the store in any case; this only spares
    the time of going on.
    """

    def __init__(self, claim: Claim, interruption: Interruption) -> None:
        self._claim = claim
        self._interruption = interruption
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._end.wait(self._claim.lease_s / 3):
            try:
                self._renew()
            except SQLAlchemyError as error:
                # The database may be back before the lease runs out; if not, it is lost then.
                event(log, logging.WARNING, "renewal_failed", job=self._claim.job_id, error=error)

    def _renew(self) -> None:
        try:
            self._claim.renew()
        except (LeaseLostError, JobCancelledError) as error:
            if not self._has_succeeded():
                self._interruption.interrupt(error)
            self._end.set()

    def _has_succeeded(self) -> bool:
        """Tell whether the job ended well a moment ago, which takes the lease away as well."""
        with self._claim.database.read() as session:
            job = get(session, self._claim.job_id)
        succeeded = JobState.SUCCEEDED
        return job is not None and job.attempt == self._claim.attempt and job.state == succeeded
