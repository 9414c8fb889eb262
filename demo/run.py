"""The demo from end to end: partners, service, harvest, search, and what came of it.

Everything goes over HTTP, as it would for a repository's backend; only the comparison with the
baselines reads the tiles from the service's database.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from demo.client import DemoError, ServiceClient
from demo.collections import vessel_dataset
from demo.dataset import Dataset, manifest_path, record_path
from demo.folder import folder_dataset
from demo.partner_server import PartnerServer
from demo.report import make_report, show_report
from demo.score import load_pictures
from demo.service import running_service
from iiif_dedup.settings import load_settings
from iiif_dedup.store.database import Database
from iiif_dedup.store.ids import record_id

DEFAULT_ANCHORS = 40
PAGE = 100
"""Candidates asked for at once; the demo walks all pages, so that every rank is known."""

Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the person who runs the demo may choose.

    Attributes:
        port: Where the service listens; the partners listen on the next one if it is free.
        seed: Which vessels are drawn.
        once: End after the table instead of serving on.
        data: Folder with a `records.json` to publish instead of drawn vessels.
        split: "views" publishes each record's pictures alternately in two collections.
        anchors: Most records that are searched.
        work_dir: Folder for everything that the demo writes; its part `service` is emptied first.
    """

    port: int = 8000
    seed: int = 1
    once: bool = False
    data: Path | None = None
    split: Literal["views"] | None = None
    anchors: int = DEFAULT_ANCHORS
    work_dir: Path = Path("build")


def run_demo(options: DemoOptions, console: Console) -> dict[str, Any]:
    """Run the demo and return what is also written to `build/demo.json`.

    Raises:
        DemoError: A part of it failed; the message says which and what to do.
    """
    started = time.monotonic()
    dataset = _dataset(options)
    service_dir = options.work_dir / "demo" / "service"
    shutil.rmtree(service_dir, ignore_errors=True)
    service_dir.mkdir(parents=True)
    _refuse_taken_port(options.port)
    with (
        _partners(dataset, options) as server,
        running_service(service_dir, options.port, service_dir / "service.log") as client,
        _progress(console) as progress,
    ):
        server.prepare(progress("Drawing the partners' pictures"))
        client.wait_until_healthy()
        _harvest(client, server, progress)
        anchors = _anchors(dataset, options.anchors)
        ids = {path: record_id(*_source_and_manifest(server, path)) for path in _paths(dataset)}
        searched = _search(client, [ids[path] for path in anchors], progress)
        with Database(load_settings({}, data_dir=service_dir).database) as database:
            pictures = load_pictures(database)
        report = {
            "seed": options.seed,
            "data": str(options.data) if options.data else None,
            "split": options.split,
            **make_report(dataset, ids, searched, pictures),
            "seconds": round(time.monotonic() - started, 1),
        }
        path = options.work_dir / "demo.json"
        path.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
        progress.close()
        show_report(report, console)
        if not options.once:
            _serve_on(client, report, console)
    return report


def _dataset(options: DemoOptions) -> Dataset:
    if options.data is None:
        return vessel_dataset(options.seed)
    return folder_dataset(options.data, split=options.split)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(
                f"port {port} of 127.0.0.1 is taken; choose another one with PORT="
            ) from error


@contextmanager
def _partners(dataset: Dataset, options: DemoOptions) -> Iterator[PartnerServer]:
    """Yield the partners' server, on the port behind the service's where that is free."""
    cache = options.work_dir / "demo" / "pictures"
    try:
        server = PartnerServer(dataset, port=options.port + 1, cache_dir=cache)
    except OSError:
        server = PartnerServer(dataset, port=0, cache_dir=cache)
    with server:
        yield server


class _Bars:
    """Progress bars, one a phase; `bars(text)` returns what shows and moves one."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<32}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._progress.start()

    def __call__(self, text: str) -> Watch:
        tasks: list[TaskID] = []

        def move(done: int, total: int) -> None:
            # Shown from the first step on: where there is nothing to do, there is no bar.
            if not tasks:
                tasks.append(self._progress.add_task(text, total=None))
            self._progress.update(tasks[0], completed=done, total=total)

        return move

    def close(self) -> None:
        self._progress.stop()


@contextmanager
def _progress(console: Console) -> Iterator[_Bars]:
    bars = _Bars(console)
    try:
        yield bars
    finally:
        bars.close()


def _harvest(client: ServiceClient, server: PartnerServer, progress: _Bars) -> None:
    """Register the partners' collections, harvest them, and wait for their pictures."""
    jobs = []
    for key, title, url in server.collections:
        client.post(
            "/sources",
            {
                "key": key,
                "title": title,
                "protocol": "iiif_collection",
                "endpoint": url,
                # The partners are on this machine and ours: no pause, and loopback is meant.
                "politeness": {"allow_loopback": True, "delay_s": 0, "concurrency": 8},
            },
        )
        jobs.append(client.post(f"/sources/{key}/harvests").headers["Location"])
    client.watch(jobs, progress("Harvesting manifests"))
    pages = client.pages("/jobs", kind="process_images")
    pictures = [f"/jobs/{job['id']}" for page in pages for job in page["items"]]
    client.watch(pictures, progress("Fetching pictures"))


def _search(
    client: ServiceClient, anchors: list[str], progress: _Bars
) -> dict[str, dict[str, Any]]:
    """Ask for the clones of every anchor; return the answers with all pages joined."""
    jobs = [job for anchor in anchors if (job := client.ask_for_clones(anchor))]
    client.watch(jobs, progress("Searching"))
    answers = {}
    for anchor in anchors:
        first, *others = client.pages(f"/records/{anchor}/clones", limit=PAGE)
        items = [*first["items"], *(item for page in others for item in page["items"])]
        answers[anchor] = {**first, "items": items}
    return answers


def _paths(dataset: Dataset) -> list[str]:
    return [
        record_path(collection.key, record.key)
        for collection in dataset.collections
        for record in collection.records
    ]


def _anchors(dataset: Dataset, most: int) -> list[str]:
    """Return the records to search: one of every planted pair, or the first where none is known."""
    planted = list(dict.fromkeys(pair[0] for pair in dataset.pairs))
    return (planted or _paths(dataset))[:most]


def _source_and_manifest(server: PartnerServer, path: str) -> tuple[str, str]:
    return path.strip("/").split("/", maxsplit=1)[0], f"{server.base_url}{manifest_path(path)}"


def _serve_on(client: ServiceClient, report: dict[str, Any], console: Console) -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    console.print(f"\nServing at {client.base_url} until Ctrl-C. For example:")
    first = next((row for row in report["found"] if row["candidate"]), None)
    if first:
        console.print(f"  curl -s {client.base_url}{first['clones']}?limit=1")
        console.print(f"  {first['mirador']}", soft_wrap=True)
    stop.wait()
    console.print("Stopping.")
