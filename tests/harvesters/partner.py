"""A partner on loopback that answers what a test wrote down, and counts what it was asked."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Partner:
    """Answers GETs from `pages`: path to a JSON document, bytes, a status, or (status, headers)."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.pages: dict[str, Any] = {}
        self.asked: Counter[str] = Counter()
        self.lock = threading.Lock()

    def url(self, path: str) -> str:
        return f"{self.base}{path}"

    def manifest(self, path: str, **properties: Any) -> dict[str, Any]:
        """Publish a manifest with one picture, and return the reference to it."""
        body = {"type": "Image", "id": self.url(f"{path}.jpg")}
        annotation = {"type": "Annotation", "motivation": "painting", "body": body}
        canvas = {"type": "Canvas", "items": [{"type": "AnnotationPage", "items": [annotation]}]}
        label = {"en": [path]}
        self.pages[path] = {
            "id": self.url(path),
            "type": "Manifest",
            "label": label,
            "items": [canvas],
            **properties,
        }
        return {"id": self.url(path), "type": "Manifest", "label": label}

    def collection(self, path: str, *members: Mapping[str, Any]) -> dict[str, Any]:
        """Publish a collection, and return the reference to it."""
        reference = {"id": self.url(path), "type": "Collection", "label": {"en": [path]}}
        self.pages[path] = {**reference, "items": list(members)}
        return reference


@contextmanager
def serving() -> Iterator[Partner]:
    """Serve a partner without pages until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with here.lock:
                here.asked[self.path] += 1
            page = here.pages.get(self.path, 404)
            status, headers = page if isinstance(page, tuple) else (page, {})
            if isinstance(status, int):
                body = b""
            else:
                body = status if isinstance(status, bytes) else json.dumps(status).encode()
                status = 200
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Partner(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
