"""A long-lived worker process for one queue: `python -m workers.worker --queue batch`.

It runs jobs in its own process, one after the other, without forking: torch stays loaded, and a
fork after torch has started threads would deadlock. SIGTERM gives the running job back to the
queue at once and ends the process.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import threading
import uuid
from collections.abc import Sequence
from types import FrameType

import rq
from redis import Redis
from rq.exceptions import InvalidJobOperation, NoSuchJobError, StopRequested
from rq.serializers import JSONSerializer

from iiif_dedup.pipeline import EncoderInUse, Packs, load_descriptors
from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store import migrate
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Queue
from workers import queues
from workers.interruption import Interruption
from workers.jobs import WorkerStoppedError, open_for_work
from workers.logs import configure, event
from workers.workplace import Workplace

log = logging.getLogger(__name__)

BATCH_NICENESS = 10
"""Harvests and trainings give way to searches that somebody waits for."""
STOP_TIMEOUT_S = 5.0
"""Seconds after SIGTERM until a handler that does not unwind is left to its lease."""


class Worker(rq.SimpleWorker):
    """RQ's worker without a fork, which lets go of its job when it is stopped."""

    # Redis may be restarted by its supervisor at any time: look again soon.
    max_connection_wait_time = 2.0

    def __init__(self, queue: Queue, connection: Redis, interruption: Interruption) -> None:
        super().__init__(
            [queues.rq_queue(connection, queue)],
            connection=connection,
            serializer=JSONSerializer,
        )
        self._interruption = interruption
        self._stopping = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002  RQ's signature
        """Handle SIGTERM and SIGINT: interrupt the running job, or end the wait for one."""
        if self._stopping:
            return
        self._stopping = True
        event(log, logging.INFO, "worker_stopping", signal=signum)
        # A job under way may hang in a library, or wait for threads: the process ends anyway.
        timer = threading.Timer(STOP_TIMEOUT_S, os._exit, [1])
        timer.daemon = True
        timer.start()
        if not self.executions:
            raise StopRequested
        self._interruption.interrupt(
            WorkerStoppedError("The worker was stopped; the job goes on from its last checkpoint.")
        )

    def execute_job(self, job: rq.job.Job, queue: rq.Queue) -> None:
        """Run one job in this process; stop afterwards if that was asked meanwhile."""
        try:
            super().execute_job(job, queue)
        except (InvalidJobOperation, NoSuchJobError) as error:
            # Redis forgot the message while we worked. What became of the job stands in its row.
            event(log, logging.WARNING, "redis_forgot_a_job", error=error)
        if self._stopping:
            raise StopRequested


def main(arguments: Sequence[str] | None = None) -> None:
    """Work until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Run the jobs of one queue.")
    parser.add_argument("--queue", type=Queue, choices=list(Queue), required=True)
    queue: Queue = parser.parse_args(arguments).queue
    settings = load_settings()
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    configure(settings, f"{queue.value}-worker")
    _limit_threads(settings)
    if queue is Queue.BATCH:
        os.nice(BATCH_NICENESS)
    interruption = Interruption()
    with Database(settings.database) as database, queues.connect(settings) as redis:
        worker = Worker(queue, redis, interruption)
        workplace = Workplace(
            settings,
            database,
            redis,
            owner,
            interruption,
            Packs(settings.packs_folder, lambda: load_descriptors(settings)),
            EncoderInUse(settings.device),
        )
        if queue is Queue.INTERACTIVE:
            _warm_up(workplace)
        with open_for_work(workplace):
            event(log, logging.INFO, "worker_ready", queue=queue.value, owner=owner)
            worker.work(logging_level=None)


def _limit_threads(settings: Settings) -> None:
    """Tell torch how many threads it may have, for when it is loaded."""
    # Threads that wait for each other by spinning for long make a search ten times slower as soon
    # as anything else runs on the machine; threads that sleep at once make it slower by half on a
    # quiet one. OpenMP reads this when torch loads it.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    if settings.torch_threads:
        os.environ["OMP_NUM_THREADS"] = str(settings.torch_threads)


def _warm_up(place: Workplace) -> None:
    """Load torch, the encoder and the packs before somebody waits for them."""
    import torch  # noqa: PLC0415  batch workers load it when they need it

    # The first optimizer of a process loads torch's compiler, which takes seconds.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    if not migrate.is_current(place.database):
        return
    with place.database.read() as session:
        place.packs.pool(session, place.encoder.get(session))


if __name__ == "__main__":
    main()
