"""The one-machine mode as processes: started, broken, killed, stopped."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import psutil
import pytest

from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.store import jobs
from iiif_dedup.store.database import Database
from iiif_dedup.store.jobs import JobState, Queue
from tests.workers.one_machine import OneMachine, one_machine
from tests.workers.ports import free_port
from tests.workers.processes import wait_for_job, wait_until
from workers.supervisor import environment

PARTS = ["valkey-server", "http.server", "interactive", "batch", "workers.scheduler"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path, port=free_port())


def gone(processes: list[psutil.Process]) -> bool:
    return not any(
        process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes
    )


def test_it_runs_every_part_restarts_them_and_stops_them_together(settings: Settings) -> None:
    with one_machine(settings) as machine, Database(settings.database) as database:
        # A job without any wake-up from us: the scheduler and the worker find it.
        with database.write() as session:
            job = jobs.enqueue(session, "unknown", {}, queue=Queue.BATCH)
        assert wait_for_job(database, job.id).state == JobState.FAILED
        first = {name: machine.child(name) for name in PARTS}
        for part in first.values():
            part.kill()
        second = {name: machine.child(name, not_like=part) for name, part in first.items()}
        refused = OneMachine(settings)
        try:
            assert refused.process.wait(30) == 1
            assert "The service already runs on the data folder" in refused.log.read_text()
        finally:
            refused.close()
        machine.process.send_signal(signal.SIGTERM)
        assert machine.process.wait(10) == 0
        assert gone([*first.values(), *second.values()])


def test_children_of_a_killed_supervisor_end_and_another_one_can_start(
    settings: Settings,
) -> None:
    with one_machine(settings) as machine:
        parts = [machine.child(name) for name in PARTS]
        machine.process.kill()
        machine.process.wait()
        killed = time.monotonic()
        wait_until(lambda: gone(parts), timeout_s=2)
        assert time.monotonic() - killed < 2
    with one_machine(settings) as machine:
        machine.process.send_signal(signal.SIGINT)
        assert machine.process.wait(10) == 0


def test_a_part_that_does_not_start_stops_the_rest(settings: Settings) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = settings.model_copy(update={"port": holder.getsockname()[1]})
        machine = OneMachine(taken)
        try:
            # A server that is not ours answers there, or nothing does: both are no start.
            assert machine.process.wait(60) == 1
            assert "The web process ended 3 times with status 1" in machine.log.read_text()
        finally:
            machine.close()


def test_children_load_the_very_same_settings(tmp_path: Path) -> None:
    settings = load_settings({}, data_dir=tmp_path, api_key="secret", job_lease_s=1.5)
    assert load_settings(environment(settings)) == settings
    keys = {"museum": "Bearer a secret"}
    further = load_settings({}, data_dir=tmp_path, source_keys=keys, files_root=tmp_path)
    assert load_settings(environment(further)) == further
