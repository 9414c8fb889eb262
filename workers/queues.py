"""Wake-ups: the ids of due jobs, pushed through Redis to the workers that wait for them.

Nothing of a job lives here. A wake-up that comes twice finds the job taken; one that is lost is
sent again by the scheduler. The web process imports this module, so it imports no model.
"""

from __future__ import annotations

import logging

import rq
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq.serializers import JSONSerializer

from iiif_dedup.settings import Settings
from iiif_dedup.store.jobs import Queue
from iiif_dedup.store.models import Job
from workers.logs import event
from workers.private_redis import private_url

log = logging.getLogger(__name__)

RUN = "workers.jobs.run"
"""The function that a wake-up names; see `workers.jobs.run`."""
ANSWER_TIMEOUT_S = 5.0


def connect(settings: Settings) -> Redis:
    """Return a client of the Redis in force; it connects when it is first used. Close it."""
    return Redis.from_url(
        settings.redis_url or private_url(settings.data_dir),
        socket_connect_timeout=ANSWER_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        # One new try, for a connection that broke while idle; whoever waits longer decides so.
        retry=Retry(NoBackoff(), 1),
    )


def rq_queue(connection: Redis, queue: Queue) -> rq.Queue:
    """Return RQ's queue for one kind of worker; its messages are JSON, never pickles."""
    return rq.Queue(queue.value, connection=connection, serializer=JSONSerializer)


def wake(connection: Redis, job: Job) -> bool:
    """Tell a worker that `job` is due; call it after the transaction that queued the job.

    Returns:
        Whether Redis took it. A False is logged and needs no care: the scheduler wakes every
        job that is still due.
    """
    queue = rq_queue(connection, Queue(job.queue))
    # The attempt is part of the name, so that RQ's tidying up after one attempt cannot take
    # away the message for the next.
    name = f"{job.id}-{job.attempt}"
    try:
        if connection.lpos(queue.key, name) is None:
            queue.enqueue_call(
                RUN, args=(job.id,), job_id=name, timeout=-1, result_ttl=0, failure_ttl=0
            )
    except RedisError as error:
        event(log, logging.WARNING, "wake_up_lost", job=job.id, error=error)
        return False
    return True


def waiting_job_ids(connection: Redis) -> set[str]:
    """Return the ids of the jobs whose wake-up no worker has taken yet.

    Raises:
        RedisError: Redis does not answer.
    """
    return {
        name.rpartition("-")[0]
        for queue in Queue
        for name in rq_queue(connection, queue).get_job_ids()
    }
