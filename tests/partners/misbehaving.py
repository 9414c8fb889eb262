"""A partner on loopback that does what real partners do on bad days.

/ok /json /bytes/NAME         good answers; NAME is a key of `bodies`
/stall /stall-body            never answers; stops after the headers
/drip-headers /drip-chunks /drip-body   a byte now and then, for ever
/cut /reset /nothing          ends too early, resets, closes without an answer
/short-length                 says Content-Length: 4 for a longer body
/odd-length                   says Content-Length: many
/status/N                     answers N; ?retry_after=… ?date=… set these headers
/flaky/N                      fails N times, then answers; ?status=… ?retry_after=… as above
/redirect                     to ?to=…, or without Location when that is missing; ?status=…
/redirects/N                  N hops to /ok
/loop                         to itself
/html /wrong-type             a page with 200; JSON called text/plain
/gzip /gzip-bomb /gzip-broken good, 16 MiB of zeros in 16 KiB, garbage
/deflate-bomb /gzip-nested    16 MiB of zeros; one body packed again and again
/brotli                       packed in a way that nobody asked for
/huge /huge-chunks            bytes without an end
/ten-gigabytes                says so, and sends a few
/broken-chunks /many-headers  breaks the framing; more headers than anyone reads
/long-header /two-lengths     a header line of 1 MiB; two values of Content-Length
/continue                     100 Continue, for ever
/no-http /old-http            begins with no status line; an answer of HTTP/0.9
/slow                         answers after 50 ms and counts how many do so at once
/echo                         the request's headers as JSON, and again in the answer's X-Echo
/with?NAME=VALUE…             a good answer with these headers; 304 to its own validators
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

DRIP_S = 0.05


class MisbehavingServer:
    """Serves until it is closed; use it in `with`.

    Attributes:
        base_url: The base of every URL, without a trailing slash.
        bodies: Name to (media type, body) for /bytes/NAME; filled by tests.
        requests: How often each path was asked for, without its query.
        headers: The headers of the last request, names in lower case.
        clients: Ports of the connections that requests came over.
        started: When each request came, by the monotonic clock.
        most_at_once: Most requests to /slow that were under way together.
    """

    def __init__(self) -> None:
        self.bodies: dict[str, tuple[str, bytes]] = {}
        self.requests: Counter[str] = Counter()
        self.headers: dict[str, str] = {}
        self.clients: set[int] = set()
        self.started: list[float] = []
        self.most_at_once = 0
        self.at_once = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()

        class Handler(_Handler):
            partner = self

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path: str) -> str:
        """Return the URL of a path such as "/status/404"."""
        return self.base_url + path


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up here, as they should."""


class _Handler(BaseHTTPRequestHandler):
    partner: MisbehavingServer
    protocol_version = "HTTP/1.1"
    timeout = 5
    # Header and body leave at once, or delayed acknowledgements cost 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        name, _, self.rest = parts.path.strip("/").partition("/")
        with self.partner.lock:
            self.partner.requests[parts.path] += 1
            self.count = self.partner.requests[parts.path]
            self.partner.clients.add(self.client_address[1])
            self.partner.started.append(time.monotonic())
            self.partner.headers = {key.lower(): value for key, value in self.headers.items()}
        with suppress(OSError):
            _ROUTES.get(name, _missing)(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as inherited
        pass

    def answer(
        self,
        body: bytes = b"",
        *,
        status: int = 200,
        media_type: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data: bytes) -> None:
        """Send bytes as they are, and close the connection after the answer."""
        self.close_connection = True
        self.wfile.write(data)
        self.wfile.flush()

    def forever(self, data: bytes, pause_s: float) -> None:
        """Send bytes again and again until the other side or the server ends."""
        while not self.partner.closing.wait(pause_s):
            self.raw(data)

    def troubles(self) -> dict[str, str]:
        names = {"retry_after": "Retry-After", "date": "Date"}
        return {names[key]: value for key, value in self.query.items() if key in names}


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(16 * 1024 * 1024), compresslevel=9)


def _missing(handler: _Handler) -> None:
    handler.answer(b"not here", status=404)


def _bytes(handler: _Handler) -> None:
    if handler.rest not in handler.partner.bodies:
        return _missing(handler)
    media_type, body = handler.partner.bodies[handler.rest]
    return handler.answer(body, media_type=media_type)


def _stall(handler: _Handler) -> None:
    handler.close_connection = True
    handler.partner.closing.wait()


def _stall_body(handler: _Handler) -> None:
    handler.raw(_HEAD + b"Content-Length: 10\r\n\r\nabc")
    handler.partner.closing.wait()


def _drip_headers(handler: _Handler) -> None:
    handler.raw(_HEAD)
    handler.forever(b"X", DRIP_S)


def _drip_chunks(handler: _Handler) -> None:
    handler.raw(_CHUNKED)
    handler.forever(b"0", DRIP_S)


def _drip_body(handler: _Handler) -> None:
    handler.raw(_HEAD + b"\r\n")
    handler.forever(b"x", DRIP_S)


def _reset(handler: _Handler) -> None:
    # A close with linger 0 is an RST.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def _nothing(handler: _Handler) -> None:
    handler.close_connection = True


def _status(handler: _Handler) -> None:
    handler.send_response_only(int(handler.rest))
    for name, value in handler.troubles().items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _flaky(handler: _Handler) -> None:
    if handler.count > int(handler.rest):
        return handler.answer(b"at last")
    status = int(handler.query.get("status", "500"))
    return handler.answer(status=status, headers=handler.troubles())


def _redirect(handler: _Handler) -> None:
    to = handler.query.get("to")
    status = int(handler.query.get("status", "302"))
    handler.answer(status=status, headers=None if to is None else {"Location": to})


def _redirects(handler: _Handler) -> None:
    left = int(handler.rest) - 1
    location = f"/redirects/{left}" if left > 0 else "../ok"
    handler.answer(status=301, headers={"Location": location})


def _huge(handler: _Handler) -> None:
    handler.raw(_HEAD + b"\r\n")
    handler.forever(bytes(65536), 0)


def _many_headers(handler: _Handler) -> None:
    handler.raw(_HEAD + b"".join(b"X-%d: y\r\n" % i for i in range(5000)) + b"\r\n")


def _slow(handler: _Handler) -> None:
    partner = handler.partner
    with partner.lock:
        partner.at_once += 1
        partner.most_at_once = max(partner.most_at_once, partner.at_once)
    time.sleep(0.05)
    with partner.lock:
        partner.at_once -= 1
    handler.answer(b"slow")


def _echo(handler: _Handler) -> None:
    text = json.dumps(handler.partner.headers)
    handler.answer(text.encode(), headers={"X-Echo": text})


def _with(handler: _Handler) -> None:
    asked, own = handler.partner.headers, handler.query
    same = (
        asked.get("if-none-match", "") == own.get("ETag"),
        asked.get("if-modified-since", "") == own.get("Last-Modified"),
    )
    status = int(own.get("status", "304" if any(same) else "200"))
    headers = {name: value for name, value in own.items() if name != "status"}
    handler.answer(b"" if status == 304 else b'{"a": 1}', status=status, headers=headers)


@cache
def _deflated() -> bytes:
    return zlib.compress(bytes(16 * 1024 * 1024), 9)


@cache
def _nested() -> bytes:
    body = b"fine"
    for _ in range(20):
        body = gzip.compress(body)
    return body


def _ten_gigabytes(handler: _Handler) -> None:
    handler.raw(_HEAD + b"Content-Length: 10737418240\r\n\r\n")
    handler.forever(bytes(1024), DRIP_S)


def _huge_chunks(handler: _Handler) -> None:
    handler.raw(_CHUNKED)
    handler.forever(b"10000\r\n" + bytes(65536) + b"\r\n", 0)


_ROUTES: dict[str, Callable[[_Handler], None]] = {
    "ok": lambda h: h.answer(b"fine", media_type="text/plain"),
    "json": lambda h: h.answer(json.dumps({"a": [1]}).encode(), media_type="application/json"),
    "bytes": _bytes,
    "stall": _stall,
    "stall-body": _stall_body,
    "drip-headers": _drip_headers,
    "drip-chunks": _drip_chunks,
    "drip-body": _drip_body,
    "cut": lambda h: h.raw(_HEAD + b"Content-Length: 1000\r\n\r\nonly this"),
    "reset": _reset,
    "nothing": _nothing,
    "short-length": lambda h: h.answer(b"fine, but longer", headers={"Content-Length": "4"}),
    "odd-length": lambda h: h.raw(_HEAD + b"Content-Length: many\r\n\r\nfine"),
    "status": _status,
    "flaky": _flaky,
    "redirect": _redirect,
    "redirects": _redirects,
    "loop": lambda h: h.answer(status=302, headers={"Location": "/loop"}),
    "html": lambda h: h.answer(b"<!DOCTYPE html><title>Moved</title>", media_type="text/html"),
    "wrong-type": lambda h: h.answer(b'{"a": [1]}', media_type="text/plain"),
    "gzip": lambda h: h.answer(gzip.compress(b"fine"), headers={"Content-Encoding": "gzip"}),
    "gzip-bomb": lambda h: h.answer(_bomb(), headers={"Content-Encoding": "gzip"}),
    "gzip-broken": lambda h: h.answer(b"no gzip at all", headers={"Content-Encoding": "gzip"}),
    "deflate-bomb": lambda h: h.answer(_deflated(), headers={"Content-Encoding": "deflate"}),
    "gzip-nested": lambda h: h.answer(
        _nested(), headers={"Content-Encoding": ", ".join(["gzip"] * 20)}
    ),
    "brotli": lambda h: h.answer(b"\x0b\x01\x80fine\x03", headers={"Content-Encoding": "br"}),
    "huge": _huge,
    "huge-chunks": _huge_chunks,
    "ten-gigabytes": _ten_gigabytes,
    "broken-chunks": lambda h: h.raw(_CHUNKED + b"4\r\nfine\r\nxyz\r\nwhat"),
    "many-headers": _many_headers,
    "long-header": lambda h: h.raw(_HEAD + b"X-Long: " + b"y" * 2**20 + b"\r\n\r\nfine"),
    "two-lengths": lambda h: h.raw(_HEAD + b"Content-Length: 4\r\nContent-Length: 9\r\n\r\nfine"),
    "continue": lambda h: h.forever(b"HTTP/1.1 100 Continue\r\n\r\n", 0.001),
    "no-http": lambda h: h.raw(b"220 mail.example ESMTP\r\n"),
    "old-http": lambda h: h.raw(b"<html>an answer without a head</html>"),
    "slow": _slow,
    "echo": _echo,
    "with": _with,
}
