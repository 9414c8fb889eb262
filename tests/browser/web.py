"""A web process for the browser tests, and what it shows: a partner's records."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.cli.serving import answers
from harvesters.iiif_collection import IiifCollectionHarvester
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.settings import Settings, load_settings
from iiif_dedup.types import Record

START_S = 180


def harvest(url: str) -> list[Record]:
    """Return the records of a partner on this machine."""
    with Fetcher(FetchPolicy(allow_loopback=True, delay_s=0)) as fetcher:
        events = IiifCollectionHarvester(url, {}, fetcher).harvest(None)
        return [event for event in events if isinstance(event, Record)]


@contextmanager
def served(folder: Path) -> Iterator[Settings]:
    """Run the web process on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = load_settings({}, data_dir=folder, port=port)
    inherited = {name: text for name, text in os.environ.items() if "IIIF_DEDUP" not in name}
    own = {"IIIF_DEDUP_DATA_DIR": str(folder), "IIIF_DEDUP_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "api"], env=inherited | own)
    try:
        deadline = time.monotonic() + START_S
        while not answers(settings):
            assert process.poll() is None, "the web process ended"
            assert time.monotonic() < deadline, "the web process does not answer"
            time.sleep(0.1)
        yield settings
    finally:
        process.terminate()
        process.wait()
