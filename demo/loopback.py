"""HTTP/1.1 on loopback with kept connections, ETags and CORS; it knows nothing of IIIF."""

from __future__ import annotations

import hashlib
import logging
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a GET is answered with; `location` is where a redirect points."""

    body: bytes
    media_type: str
    status: HTTPStatus = HTTPStatus.OK
    location: str | None = None


class LoopbackServer(ThreadingHTTPServer):
    """Knows its open connections, so that closing it leaves no thread and no socket behind."""

    request_queue_size = 128
    # Threads that are no daemons are waited for by server_close.
    daemon_threads = False

    def __init__(self, port: int, answer: Callable[[str], Answer]) -> None:
        """Listen at `port` (0: any free one); `answer` gets the path with its query.

        Raises:
            OSError: The port is taken.
        """
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self.base_url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="partner-server"
        )

    def start(self) -> None:
        """Serve from a thread of this process."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, cut open connections and wait for every thread."""
        self.shutdown()
        self._thread.join()
        self._cut_connections()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, then serve it from a thread of its own."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection and close it."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong in a request's thread; clients that hang up are normal."""
        if isinstance(sys.exception(), ConnectionError):
            logger.debug("The client %s went away.", client_address)
        else:
            logger.exception("No answer to %s, whose request was %s.", client_address, request)

    def _cut_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    logger.debug("A client had closed its connection already.")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write per answer and no Nagle delay: else each answer on a kept connection costs 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: LoopbackServer

    def do_GET(self) -> None:
        self._reply(self.server.answer(self.path), with_body=True)

    def do_HEAD(self) -> None:
        self._reply(self.server.answer(self.path), with_body=False)

    def do_OPTIONS(self) -> None:
        self.send_response(HTTPStatus.NO_CONTENT)
        self._send_cors()
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's signature
        logger.debug(format, *args)

    def _reply(self, answer: Answer, *, with_body: bool) -> None:
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
