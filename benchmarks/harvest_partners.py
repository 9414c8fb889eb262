"""Partners of the harvest benchmarks: loopback servers in processes of their own.

They answer from memory, so that the harvester is what is measured; what they cost all the same is
taken from the same cores.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from PIL import Image

from tests.partners.oai_server import OaiServer

PHOTOGRAPHS = 24
"""Different ones; every URL gives another file all the same."""
_SIZE = (1024, 768)
_MODIFIED = "Mon, 02 Mar 2026 10:00:00 GMT"


@dataclass(frozen=True, slots=True)
class Partner:
    """A running partner.

    Attributes:
        endpoint: What its source is harvested from.
        protocol: By which.
        asked: Returns how often each kind of thing was asked for since the last call, and the
            bytes sent.
    """

    endpoint: str
    protocol: str
    _pipe: Connection

    def asked(self) -> Counter[str]:
        """Return requests by kind and bytes sent since the last call."""
        self._pipe.send("asked")
        counted: Counter[str] = self._pipe.recv()
        return counted


@contextmanager
def oai_partner(records: int, *, deleted_record: str = "persistent") -> Iterator[Partner]:
    """Serve an OAI-PMH repository with Dublin Core records, a picture's URL in each."""
    with _process(_serve_oai, (records, deleted_record)) as (endpoint, pipe):
        yield Partner(endpoint, "oai_pmh", pipe)


@contextmanager
def iiif_partner(records: int, *, validators: bool, side: int = _SIZE[0]) -> Iterator[Partner]:
    """Serve a IIIF collection of manifests with one photograph each.

    Args:
        records: How many manifests.
        validators: Whether documents and pictures carry ETag and Last-Modified, and conditional
            requests are answered.
        side: Width of the photographs in pixels.
    """
    with _process(_serve_iiif, (records, validators, side)) as (endpoint, pipe):
        yield Partner(endpoint, "iiif_collection", pipe)


@contextmanager
def _process(serve: Any, arguments: tuple[Any, ...]) -> Iterator[tuple[str, Connection]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send("end")
        process.join()


def _serve_oai(pipe: Connection, records: int, deleted_record: str) -> None:
    with OaiServer(records, deleted_record=deleted_record) as server:
        pipe.send(server.endpoint)
        while pipe.recv() == "asked":
            with server.lock:
                pipe.send(Counter(server.asked))
                server.asked.clear()
                server.requests.clear()


def _serve_iiif(pipe: Connection, records: int, validators: bool, side: int) -> None:
    photographs = [_photograph(number, side) for number in range(PHOTOGRAPHS)]

    class Handler(_IiifHandler):
        pass

    Handler.photographs, Handler.records, Handler.validators = photographs, records, validators
    Handler.asked, Handler.lock = Counter(), threading.Lock()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        Handler.base = f"http://127.0.0.1:{server.server_port}"
        pipe.send(f"{Handler.base}/collection")
        while pipe.recv() == "asked":
            with Handler.lock:
                pipe.send(Counter(Handler.asked))
                Handler.asked.clear()
        server.shutdown()
        thread.join()


class _IiifHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5
    # Head and body in one packet: else each answer waits for an acknowledgement of its head.
    wbufsize = -1
    base: str
    photographs: list[bytes]
    records: int
    validators: bool
    asked: Counter[str]
    lock: threading.Lock

    def do_GET(self) -> None:
        kind, _, rest = self.path.strip("/").partition("/")
        tag = f'"{self.path}"'
        unchanged = self.validators and self.headers.get("If-None-Match") == tag
        body = b"" if unchanged else self._body(kind, rest)
        with self.lock:
            self.asked[kind] += 1
            self.asked["bytes"] += len(body)
            self.asked["not_modified"] += unchanged
        self.send_response(304 if unchanged else 200)
        if self.validators:
            self.send_header("ETag", tag)
            self.send_header("Last-Modified", _MODIFIED)
        if not unchanged:
            media_type = "image/jpeg" if kind == "picture" else "application/ld+json"
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self, kind: str, rest: str) -> bytes:
        if kind == "picture":
            number = int(rest.removesuffix(".jpg"))
            # Behind the end of a JPEG nothing counts: another file with the same picture.
            return self.photographs[number % PHOTOGRAPHS] + f"#{number}".encode()
        if kind == "collection":
            return _collection(self.base, self.records)
        return _manifest(self.base, int(rest))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        """Stay silent."""


@lru_cache(maxsize=1)
def _collection(base: str, records: int) -> bytes:
    return json.dumps(
        {
            "@context": "http://iiif.io/api/presentation/3/context.json",
            "id": f"{base}/collection",
            "type": "Collection",
            "label": {"en": ["Partner"]},
            "items": [
                {"id": f"{base}/manifest/{n}", "type": "Manifest", "label": {"en": [f"No. {n}"]}}
                for n in range(records)
            ],
        }
    ).encode()


def _manifest(base: str, number: int) -> bytes:
    canvas = f"{base}/canvas/{number}"
    body = {
        "id": f"{base}/picture/{number}.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": _SIZE[0],
        "height": _SIZE[1],
    }
    painting = {
        "id": f"{canvas}/painting",
        "type": "Annotation",
        "motivation": "painting",
        "target": canvas,
        "body": body,
    }
    page = {"id": f"{canvas}/page", "type": "AnnotationPage", "items": [painting]}
    return json.dumps(
        {
            "@context": "http://iiif.io/api/presentation/3/context.json",
            "id": f"{base}/manifest/{number}",
            "type": "Manifest",
            "label": {"en": [f"Red-figure krater no. {number}"]},
            "metadata": [{"label": {"en": ["Date"]}, "value": {"none": [f"{number % 500} BC"]}}],
            "homepage": [{"id": f"https://partner.example/{number}", "type": "Text"}],
            "items": [
                {
                    "id": canvas,
                    "type": "Canvas",
                    "width": _SIZE[0],
                    "height": _SIZE[1],
                    "items": [page],
                }
            ],
        }
    ).encode()


def _photograph(number: int, width: int = _SIZE[0]) -> bytes:
    """Return a JPEG of coloured blots with a camera's noise; about 170 kB at the full width."""
    size = (width, width * _SIZE[1] // _SIZE[0])
    rng = np.random.default_rng(number)
    blots = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    soft = np.asarray(blots.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    noise = rng.normal(0, 7, (size[1], size[0], 3))
    body = io.BytesIO()
    picture = Image.fromarray((soft + noise).clip(0, 255).astype(np.uint8))
    picture.save(body, "JPEG", quality=88)
    return body.getvalue()
