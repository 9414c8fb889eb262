from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.workers.processes import wait_until
from workers.with_parent import bound

BY_THE_KERNEL = "from workers.with_parent import bound\ncommand = bound(sys.argv[1:])"
BY_WATCHING = """
watcher = (
    "import sys; from workers import with_parent as w;"
    "w._signal_at_parents_death = lambda: False; sys.exit(w.main(sys.argv[1:]))"
)
command = [sys.executable, "-c", watcher, str(os.getpid()), *sys.argv[1:]]
"""
PARENT = """
import os, subprocess, sys, time
{make_command}
subprocess.Popen(command)
time.sleep(60)
"""


@pytest.mark.parametrize("make_command", [BY_THE_KERNEL, BY_WATCHING])
def test_a_command_ends_with_its_parent(make_command: str, tmp_path: Path) -> None:
    script = PARENT.format(make_command=make_command)
    # The folder's name tells our sleeper from all others.
    command = [sys.executable, "-c", script, "tail", "-f", "/dev/null", str(tmp_path / "no-file")]
    parent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: sleepers(tmp_path))
    finally:
        parent.kill()
        parent.wait()
    wait_until(lambda: not sleepers(tmp_path), timeout_s=3)


def test_a_command_whose_parent_is_gone_is_not_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    command = bound(["touch", str(mark)])
    command[4] = "1"  # not our process id
    assert subprocess.run(command, check=False).returncode == 1
    assert not mark.exists()


def test_the_command_keeps_its_exit_status() -> None:
    assert subprocess.run(bound(["sh", "-c", "exit 7"]), check=False).returncode == 7


def sleepers(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "tail"
        and str(folder / "no-file") in (process.info["cmdline"] or ())
    ]
