"""A partner institution on loopback: IIIF Presentation 3 and Image API 3 (level 2) over HTTP.

    /truth.json                                         which records show one artefact
    /{collection}                                       page for people
    /{collection}/collection.json                       Presentation 3 Collection
    /{collection}/{record}                              page for people
    /{collection}/{record}/manifest.json                Presentation 3 Manifest
    /{collection}/images/{image}                        303 to info.json
    /{collection}/images/{image}/info.json
    /{collection}/images/{image}/{region}/{size}/{rotation}/{quality}.{format}

`python -m demo.partner_server --seed 1` serves the drawn vessels of `demo.collections`,
`--data FOLDER` a folder with a `records.json` (see `demo.folder`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from demo import image_api, presentation
from demo.collections import demo_dataset
from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord
from demo.folder import FolderError, folder_dataset
from demo.image_store import ImageStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    media_type: str
    status: HTTPStatus = HTTPStatus.OK
    location: str | None = None


class PartnerServer:
    """Serves a dataset from threads of this process until it is closed.

    Attributes:
        dataset: What is published.
        base_url: The base of every URL, without a trailing slash.
        collections: (key, English title, collection URL) of every collection.
        requests: How often each path was asked for.
        delay_s: Seconds that every answer is held back; may be changed while serving.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        port: int = 0,
        cache_dir: Path | None = None,
        delay_s: float = 0.0,
    ) -> None:
        """Listen on 127.0.0.1 at `port` (0: any free one) and serve at once.

        Raises:
            OSError: The port is taken.
        """
        self.dataset = dataset
        self.delay_s = delay_s
        self.requests: Counter[str] = Counter()
        self._images = ImageStore(cache_dir)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._collections = {item.key: item for item in dataset.collections}
        self._records = {
            (item.key, record.key): record
            for item in dataset.collections
            for record in item.records
        }
        self._pictures = {
            (key, image.key): image
            for (key, _), record in self._records.items()
            for image in record.images
        }
        self._http = _HttpServer(("127.0.0.1", port), self)
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.collections = [
            (
                item.key,
                next(iter(item.titles.get("en") or next(iter(item.titles.values())))),
                presentation.collection_url(self.base_url, item),
            )
            for item in dataset.collections
        ]
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="partner-server"
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving, cut open connections and wait for every thread."""
        self._closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def prepare(self, on_progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Render every picture ahead, one process per core; `on_progress` gets (done, total)."""
        self._images.prepare((image.source for image in self._pictures.values()), on_progress)

    def answer(self, path: str) -> _Answer:
        """Return the answer to a GET of `path`, which may carry a query (ignored)."""
        with self._lock:
            self.requests[urlsplit(path).path] += 1
        if self.delay_s:
            self._closing.wait(self.delay_s)
        parts = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]
        try:
            return self._route(parts)
        except LookupError:
            return _problem(HTTPStatus.NOT_FOUND, f"Nothing is published at {path}.")
        except image_api.ImageRequestError as error:
            return _problem(error.status, str(error))

    def _route(self, parts: list[str]) -> _Answer:
        match parts:
            case ["truth.json"]:
                return _document(self.dataset.truth(), "application/json")
            case [collection]:
                found = self._collections[collection]
                return _page(presentation.collection_page(self.base_url, found))
            case [collection, "collection.json"]:
                found = self._collections[collection]
                document = presentation.collection_document(self.base_url, found)
                return _document(document, _json_ld(presentation.CONTEXT))
            case [collection, "images", image, *rest]:
                found = self._collections[collection]
                return self._image(found, self._pictures[collection, image], rest)
            case [collection, record, *rest]:
                return self._record(
                    self._collections[collection], self._records[collection, record], rest
                )
        raise LookupError(parts)

    def _record(self, collection: DemoCollection, record: DemoRecord, rest: list[str]) -> _Answer:
        match rest:
            case []:
                return _page(presentation.record_page(self.base_url, collection, record))
            case ["manifest.json"]:
                document = presentation.manifest_document(self.base_url, collection, record)
                return _document(document, _json_ld(presentation.CONTEXT))
        raise LookupError(rest)

    def _image(self, collection: DemoCollection, image: DemoImage, rest: list[str]) -> _Answer:
        service = presentation.service_url(self.base_url, collection, image)
        source = image.source
        match rest:
            case []:
                return _Answer(
                    b"", "text/plain", HTTPStatus.SEE_OTHER, location=f"{service}/info.json"
                )
            case ["info.json"]:
                document = image_api.info(service, source.width, source.height)
                return _document(document, _json_ld(image_api.CONTEXT))
            case [region, size, rotation, name]:
                data = self._images.read(source)
                return _Answer(*image_api.derive(source, data, region, size, rotation, name))
        raise image_api.ImageRequestError(
            "An image request is {region}/{size}/{rotation}/{quality}.{format}; "
            f"got {'/'.join(rest)!r}."
        )


class _HttpServer(ThreadingHTTPServer):
    """Knows its open connections, so that closing it leaves no thread and no socket behind."""

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], partner: PartnerServer) -> None:
        self.partner = partner
        self._open: dict[threading.Thread, socket.socket] = {}
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open[threading.current_thread()] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                del self._open[threading.current_thread()]

    def close_connections(self) -> None:
        """Cut every open connection and wait for its thread."""
        with self._open_lock:
            waiting = list(self._open.items())
        for thread, connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                logger.debug("A client had closed its connection already.")
            thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("A client went away: %s", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write per answer and no Nagle delay: else each answer on a kept connection costs 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _HttpServer

    def do_GET(self) -> None:
        self._reply(self.server.partner.answer(self.path), with_body=True)

    def do_HEAD(self) -> None:
        self._reply(self.server.partner.answer(self.path), with_body=False)

    def do_OPTIONS(self) -> None:
        self.send_response(HTTPStatus.NO_CONTENT)
        self._send_cors()
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's signature
        logger.debug(format, *args)

    def _reply(self, answer: _Answer, *, with_body: bool) -> None:
        etag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
        asked = self.headers.get("If-None-Match", "")
        known = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
        if answer.status is HTTPStatus.OK and known & {etag, "*"}:
            self.send_response(HTTPStatus.NOT_MODIFIED)
            with_body = False
        else:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
        if answer.status is HTTPStatus.OK:
            self.send_header("ETag", etag)
        if answer.location:
            self.send_header("Location", answer.location)
        self._send_cors()
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)

    def _send_cors(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")


def _document(value: object, media_type: str) -> _Answer:
    return _Answer(json.dumps(value, ensure_ascii=False).encode(), media_type)


def _page(text: str) -> _Answer:
    return _Answer(text.encode(), "text/html; charset=utf-8")


def _problem(status: HTTPStatus, detail: str) -> _Answer:
    body = {"title": status.phrase, "status": int(status), "detail": detail}
    return _Answer(json.dumps(body).encode(), "application/problem+json", status)


def _json_ld(context: str) -> str:
    return f'application/ld+json;profile="{context}"'


def main(arguments: list[str] | None = None) -> None:
    """Serve a dataset until standard input closes or SIGTERM comes."""
    parser = argparse.ArgumentParser(prog="python -m demo.partner_server", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1, help="seed of the drawn vessels")
    parser.add_argument("--data", type=Path, help="serve this folder's records.json instead")
    parser.add_argument("--split", choices=["views"], help="deal each record's pictures to two")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--cache", type=Path, help="folder that keeps rendered pictures")
    options = parser.parse_args(arguments)
    if options.data is None:
        dataset = demo_dataset(options.seed)
    else:
        try:
            dataset = folder_dataset(options.data, split=options.split)
        except FolderError as error:
            raise SystemExit(str(error)) from error
    signal.signal(signal.SIGTERM, _stop)
    with PartnerServer(dataset, port=options.port, cache_dir=options.cache) as server:
        announcement = {
            "base_url": server.base_url,
            "collections": [
                {"key": key, "title": title, "url": url} for key, title, url in server.collections
            ],
        }
        print(json.dumps(announcement, ensure_ascii=False), flush=True)  # noqa: T201 - the answer
        sys.stdin.read()


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
