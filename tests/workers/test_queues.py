from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from redis import Redis

from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import Queue
from workers.private_redis import private_url
from workers.queues import connect, rq_queue, waiting_job_ids, wake


def test_without_a_url_the_private_server_is_meant(tmp_path: Path) -> None:
    with connect(load_settings({}, data_dir=tmp_path)) as connection:
        path = connection.connection_pool.connection_kwargs["path"]
    assert private_url(tmp_path) == f"unix://{path}"


def test_each_job_waits_in_its_own_queue_as_json(
    settings: Settings, database: Database, redis: Redis
) -> None:
    with database.write() as session:
        search = jobs.enqueue(session, "search", {}, queue=Queue.INTERACTIVE)
        harvest = jobs.enqueue(session, "harvest", {}, queue=Queue.BATCH)
    assert wake(redis, search)
    assert wake(redis, harvest)
    assert waiting_job_ids(redis) == {search.id, harvest.id}
    [name] = rq_queue(redis, Queue.INTERACTIVE).get_job_ids()
    assert name == f"{search.id}-0"
    message = rq_queue(redis, Queue.INTERACTIVE).fetch_job(name)
    assert message is not None
    assert (message.func_name, message.args) == ("workers.jobs.run", [search.id])


def test_what_the_web_process_imports_loads_no_torch() -> None:
    script = "import sys, workers.queues; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_batch_worker_loads_no_torch() -> None:
    script = "import sys, workers.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
