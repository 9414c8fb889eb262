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
import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from demo import image_api, presentation
from demo.collections import vessel_dataset
from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord
from demo.folder import FolderError, folder_dataset
from demo.image_store import ImageStore
from demo.loopback import Answer, LoopbackServer


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
        self._http = LoopbackServer(port, self.answer)
        self.base_url = self._http.base_url
        self.collections = [
            (
                item.key,
                (item.titles.get("en") or next(iter(item.titles.values())))[0],
                presentation.collection_url(self.base_url, item),
            )
            for item in dataset.collections
        ]
        self._http.start()

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
        self._http.stop()

    def prepare(self, on_progress: Callable[[int, int], None] | None = None) -> None:
        """Render every picture ahead, one process per core; `on_progress` gets (done, total)."""
        self._images.prepare((image.source for image in self._pictures.values()), on_progress)

    def answer(self, path: str) -> Answer:
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

    def _route(self, parts: list[str]) -> Answer:
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

    def _record(self, collection: DemoCollection, record: DemoRecord, rest: list[str]) -> Answer:
        match rest:
            case []:
                return _page(presentation.record_page(self.base_url, collection, record))
            case ["manifest.json"]:
                document = presentation.manifest_document(self.base_url, collection, record)
                return _document(document, _json_ld(presentation.CONTEXT))
        raise LookupError(rest)

    def _image(self, collection: DemoCollection, image: DemoImage, rest: list[str]) -> Answer:
        service = presentation.service_url(self.base_url, collection, image)
        source = image.source
        match rest:
            case []:
                return Answer(
                    b"", "text/plain", HTTPStatus.SEE_OTHER, location=f"{service}/info.json"
                )
            case ["info.json"]:
                document = image_api.info(service, source.width, source.height)
                return _document(document, _json_ld(image_api.CONTEXT))
            case [_, _, _, _]:
                data = self._images.read(source)
                request = image_api.ImageRequest(*rest)
                return Answer(*image_api.derive(source, data, request))
        raise image_api.ImageRequestError(
            "An image request is {region}/{size}/{rotation}/{quality}.{format}; "
            f"got {'/'.join(rest)!r}."
        )


def _document(value: object, media_type: str) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False).encode(), media_type)


def _page(text: str) -> Answer:
    return Answer(text.encode(), "text/html; charset=utf-8")


def _problem(status: HTTPStatus, detail: str) -> Answer:
    body = {"title": status.phrase, "status": int(status), "detail": detail}
    return Answer(json.dumps(body).encode(), "application/problem+json", status)


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
        dataset = vessel_dataset(options.seed)
    else:
        try:
            dataset = folder_dataset(options.data, split=options.split)
        except FolderError as error:
            raise SystemExit(str(error)) from error
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with PartnerServer(dataset, port=options.port, cache_dir=options.cache) as server:
        announcement = {
            "base_url": server.base_url,
            "collections": [
                {"key": key, "title": title, "url": url} for key, title, url in server.collections
            ],
        }
        print(json.dumps(announcement, ensure_ascii=False), flush=True)  # noqa: T201 - the answer
        sys.stdin.read()


if __name__ == "__main__":
    main()
