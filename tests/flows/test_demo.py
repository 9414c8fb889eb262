"""The demo command from end to end, on a small folder of pictures."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.workers.ports import free_pair, free_port
from tests.workers.processes import wait_until

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RECORDS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six records with two views each: the same blots, a little brighter and cropped."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(5)
    records = []
    for number in range(RECORDS):
        blots = Image.fromarray(rng.integers(0, 200, (5, 4, 3), dtype=np.uint8))
        picture = blots.resize((160, 200), Image.Resampling.BICUBIC)
        picture.save(folder / f"{number}-a.jpg")
        picture.crop((6, 6, 154, 194)).point(lambda level: level + 20).save(
            folder / f"{number}-b.jpg"
        )
        images = [f"{number}-a.jpg", f"{number}-b.jpg"]
        records.append({"id": str(number), "title": f"Krater [red] {number}", "images": images})
    (folder / "records.json").write_text(json.dumps(records))
    return folder


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "api", "demo", *arguments],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=180, check=False,
        # A setting of the person who runs the demo must not reach it.
        env=os.environ | {"IIIF_DEDUP_DATABASE_URL": "sqlite:///elsewhere", "COLUMNS": "200"},
    )  # fmt: skip


def test_the_demo_finds_planted_duplicates_twice(folder: Path, tmp_path: Path) -> None:
    # The partners stand on the port behind the service's, and records are named after it.
    port = str(free_pair())
    options = ["--once", "--port", port, "--data", str(folder), "--split", "views"]
    options += ["--work-dir", str(tmp_path)]
    first = demo(*options)
    assert first.returncode == 0, first.stderr
    assert "Krater [red] 3" in first.stdout, "titles are not markup"
    report = json.loads((tmp_path / "demo.json").read_text())
    assert report["records"] == 2 * RECORDS
    assert report["planted_pairs"] == report["anchors"] == report["searched"] == RECORDS
    assert report["planted_in_top5"] == RECORDS
    assert report["methods"]["correlation"]["in_top5"] == RECORDS

    second = demo(*options, "--json")
    assert second.returncode == 0, second.stderr
    again = json.loads(second.stdout)
    assert _norms(again) == pytest.approx(_norms(report), abs=1e-4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_demo_serves_on_and_its_service_ends_with_it(
    folder: Path, tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    options = ["--port", str(port), "--data", str(folder), "--work-dir", str(tmp_path)]
    command = [sys.executable, "-m", "flask", "--app", "api", "demo", "--anchors", "1", *options]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert any("Serving at" in line for line in process.stdout)
        assert _listens(port)
        process.send_signal(number)
        assert process.wait(30) == (-number if number == signal.SIGKILL else 0)
    finally:
        process.kill()
        process.communicate()
    wait_until(lambda: not _listens(port), timeout_s=10)


def test_a_taken_port_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = demo(
            "--once", "--port", port, "--data", str(folder), "--work-dir", str(tmp_path)
        )  # fmt: skip
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken; choose another one with PORT=" in done.stderr


def test_split_without_data_is_refused() -> None:
    done = demo("--once", "--split", "views")
    assert done.returncode == 2
    assert "--split needs --data" in done.stderr


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _norms(report: dict[str, list[dict[str, float]]]) -> list[float]:
    return [row["norm"] for row in report["found"]]
