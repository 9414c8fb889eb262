"""The service as a child process, on embedded defaults and a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from demo.client import ServiceClient
from workers.with_parent import bound

STOP_S = 15
MANY_SEARCHES = {
    "IIIF_DEDUP_INTERACTIVE_WORKERS": str(os.cpu_count() or 1),
    "IIIF_DEDUP_TORCH_THREADS": "1",
}
"""Where many searches wait to be done at once, one on each core is faster than one on all."""


@contextmanager
def running_service(
    data_dir: Path, port: int, log: Path, settings: Mapping[str, str] = MANY_SEARCHES
) -> Iterator[ServiceClient]:
    """Yield a client of a service that listens on `port` of loopback and ends with the block.

    It may still be starting; the client's `wait_until_healthy` waits. Its log goes to the file
    `log`.

    Args:
        data_dir: Its data folder.
        port: Of loopback.
        log: A file.
        settings: Environment variables of further settings.
    """
    environment = {
        # Settings of the person who runs the demo must not change what it shows.
        **{name: text for name, text in os.environ.items() if not name.startswith("IIIF_DEDUP_")},
        "IIIF_DEDUP_DATA_DIR": str(data_dir),
        "IIIF_DEDUP_PORT": str(port),
        **settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own command
            # However the demo ends, its service ends with it.
            bound([sys.executable, "-m", "flask", "--app", "api", "serve"]),
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the demo, which then stops the service in order.
            start_new_session=True,
        )
        client = ServiceClient(f"http://127.0.0.1:{port}", lambda: process.poll() is None)
        try:
            yield client
        finally:
            client.close()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
