"""A partner on loopback that answers what a test wrote down, and counts what it was asked."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class Partner:
    """Answers GETs from `pages`: path to a JSON document, bytes, a status, or a tuple.

    A tuple is (document or status, headers), or (document, headers, status). A function of the
    query's parameters and the request's headers makes a page; it stands for every query.
    """

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


def answer(page: Any) -> tuple[Any, Mapping[str, str], int]:
    """Return document or status, headers, and the document's status."""
    parts = page if isinstance(page, tuple) else (page,)
    return (*parts, *({}, 200)[len(parts) - 1 :])


@contextmanager
def serving() -> Iterator[Partner]:
    """Serve a partner without pages until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with here.lock:
                here.asked[self.path] += 1
            path, _, query = self.path.partition("?")
            page = here.pages.get(self.path, here.pages.get(path, 404))
            if callable(page):
                page = page(parse_qs(query), self.headers)
            document, headers, status = answer(page)
            if isinstance(document, int):
                body, status = b"", document
            else:
                body = document if isinstance(document, bytes) else json.dumps(document).encode()
            if "Date" in headers:
                self.send_response_only(status)
            else:
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
