"""Image servers that others wrote, as child processes on loopback, with one known picture."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

IIPSRV = Path("/usr/lib/iipimage-server/iipsrv.fcgi")
LIGHTTPD = Path("/usr/sbin/lighttpd")
WIDTH, HEIGHT = 1000, 750

_LIGHTTPD_CONF = """
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ( "mod_fastcgi" )
fastcgi.server = ( "/iiif" => (( "socket" => "{folder}/iip.socket", "check-local" => "disable",
  "bin-path" => "{iipsrv}", "max-procs" => 1, "bin-environment" => ({environment}) )) )
"""


def pixels() -> NDArray[np.uint8]:
    """Return a picture whose every part looks different, 750 × 1000 × 3."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    channels = [x * 255 // WIDTH, y * 255 // HEIGHT, (x + y) * 255 // (WIDTH + HEIGHT)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def save_picture(path: Path, **options: Any) -> None:
    Image.fromarray(pixels()).save(path, **options)


@contextmanager
def test_server(folder: Path) -> Iterator[str]:
    """Run the image server of the package `iiif` over the pictures of a folder; yield its URL."""
    port = _free_port()
    program = Path(sys.executable).with_name("iiif_testserver.py")
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--image-dir", str(folder), "--quiet"]
    auth = ["--auth-types", "none,basic,clickthrough,external,kiosk"]
    with _running([sys.executable, str(program), *arguments, *auth], folder):
        _wait(port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def iipimage(folder: Path) -> Iterator[str]:
    """Run IIPImage behind lighttpd over a folder; yield the URL that identifiers are put behind.

    Without BASE_URL the ids of its info.json lose the port; its upscaling is on as it comes.
    """
    port = _free_port()
    environment: Mapping[str, str] = {
        "FILESYSTEM_PREFIX": f"{folder}/",
        "URI_MAP": "iiif=>IIIF",
        "BASE_URL": f"http://127.0.0.1:{port}/iiif/",
        "LOGFILE": str(folder / "iip.log"),
    }
    lines = ", ".join(f'"{key}" => "{value}"' for key, value in environment.items())
    conf = folder / "lighttpd.conf"
    text = _LIGHTTPD_CONF.format(folder=folder, port=port, iipsrv=IIPSRV, environment=lines)
    conf.write_text(text, encoding="utf-8")
    with _running([str(LIGHTTPD), "-D", "-f", str(conf)], folder):
        _wait(port)
        yield f"http://127.0.0.1:{port}/iiif"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(port: int) -> None:
    """Wait until somebody listens; a fetcher would count the refusals against the host."""
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
