"""A bilingual catalogue of drawn Attic vessels with a JSON API, like AtticPOT's but none of it.

    /api/vessels?page=&per_page=&modified_since=    a page of vessels, 50 unless told
    /vessels/{number}                               page for people
    /images/{file}                                  a picture

It exists to harvest a catalogue that knows no protocol: values in Greek and English side by side,
uncertain dates, publications as lists, several pictures with captions, a vessel that was
withdrawn. `python -m demo.attic_catalogue` serves it; docs/examples/atticpot-like.mapping.json is
its mapping. Everything in it is invented and plainly for demonstration.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from demo.dataset import ImageSource
from demo.image_store import ImageStore
from demo.loopback import Answer, LoopbackServer
from demo.vessels.artefact import Artefact, make_workshop
from demo.vessels.studio import STUDIOS, take_photographs
from demo.wording import describe

VESSELS: Final = 60
WITHDRAWN: Final = 13
"""Number of the vessel that the catalogue no longer shows."""

_FIRST_CHANGE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MOST_PER_PAGE: Final = 200


class AtticCatalogue:
    """Serves the catalogue from threads of this process until it is closed.

    Attributes:
        url: Of the list of vessels.
    """

    def __init__(self, port: int = 0, vessels: int = VESSELS) -> None:
        """Listen on 127.0.0.1 at `port` (0: any free one) and serve at once.

        Raises:
            OSError: The port is taken.
        """
        self._vessels = vessels
        self._images = ImageStore()
        self._http = LoopbackServer(port, self.answer)
        self.url = f"{self._http.base_url}/api/vessels"
        self._http.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.stop()

    def answer(self, path: str) -> Answer:
        """Return the answer to a GET of `path` with its query."""
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.strip("/").split("/"):
            case ["api", "vessels"]:
                return self._list(query)
            case ["vessels", number] if number.isdigit() and self._has(int(number)):
                body = f"<!doctype html><title>Vessel {number}</title><h1>Vessel {number}</h1>"
                return Answer(body.encode(), "text/html; charset=utf-8")
            case ["images", file]:
                number = file.partition("-")[0]
                if number.isdigit() and self._has(int(number)):
                    source = photographs(int(number)).get(file)
                    if source is not None:
                        return Answer(self._images.read(source), source.media_type)
        error = json.dumps({"error": "not found"}).encode()
        return Answer(error, "application/json", HTTPStatus.NOT_FOUND)

    def _has(self, number: int) -> bool:
        return 1 <= number <= self._vessels and number != WITHDRAWN

    def _list(self, query: Mapping[str, str]) -> Answer:
        page = max(1, _number(query, "page", 1))
        size = min(_MOST_PER_PAGE, max(1, _number(query, "per_page", 50)))
        since = query.get("modified_since", "")
        numbers = [n for n in range(1, self._vessels + 1) if changed(n) >= since]
        shown = numbers[(page - 1) * size : page * size]
        document = {
            "meta": {"total": len(numbers), "page": page, "per_page": size},
            "vessels": [vessel(number) for number in shown],
        }
        body = json.dumps(document, ensure_ascii=False).encode()
        return Answer(body, "application/json; charset=utf-8")


def changed(number: int) -> str:
    """Return when a vessel's entry changed last, a day after the one before it."""
    return (_FIRST_CHANGE + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def vessel(number: int) -> dict[str, Any]:
    """Return the entry of one vessel as the API writes it."""
    if number == WITHDRAWN:
        return {"id": number, "status": "withdrawn", "modified": changed(number)}
    titles, metadata = describe("north", _artefact(number), number)
    values = {label["en"][0]: _bilingual(value) for label, value in metadata}
    publication = {
        "title": "Demo Corpus of Vases 1",
        "year": 1990 + number % 30,
        "page": number + 11,
        "figure": str(number % 90 + 1),
    }
    # An earlier mention, as often without a figure.
    earlier = {"title": "Demo Excavation Reports", "year": 1960 + number % 20, "page": number}
    return {
        "id": number,
        "status": "published",
        "modified": changed(number),
        "title": _bilingual(titles),
        "shape": values["Shape"],
        "fabric": {"el": "Αττικός", "en": "Attic"},
        "technique": values["Technique"],
        "date": values["Date"],
        "findspot": values["Findspot"],
        "inventory_numbers": [f"ΔΜΒ {1000 + number}", f"DEMO {number}"],
        "publications": [publication, {**earlier, "figure": None}],
        "images": [
            {
                "file": f"/images/{file}",
                "width": source.width,
                "height": source.height,
                "caption": {"el": f"Λήψη {place}", "en": f"View {place}"},
            }
            for place, (file, source) in enumerate(photographs(number).items(), start=1)
        ],
        "holder": {"el": "Δοκιμαστικό Μουσείο", "en": "Demo Museum North"},
        "licence": "http://creativecommons.org/licenses/by/4.0/",
        "page": f"/vessels/{number}",
    }


@cache
def photographs(number: int) -> Mapping[str, ImageSource]:
    """Return the pictures of a vessel by file name."""
    taken = take_photographs(_artefact(number), STUDIOS["north"], f"attic/{number}")
    return {f"{number}-{place}.jpg": source for place, (_, source) in enumerate(taken, start=1)}


def _artefact(number: int) -> Artefact:
    return Artefact(make_workshop("attic", number), f"attic/{number}")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _bilingual(texts: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {tag: values[0] for tag, values in texts.items()}


def main(arguments: list[str] | None = None) -> None:
    """Serve the catalogue until standard input closes or SIGTERM comes."""
    parser = argparse.ArgumentParser(prog="python -m demo.attic_catalogue", description=__doc__)
    parser.add_argument("--port", type=int, default=8091, help="0 takes any free port")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with AtticCatalogue(options.port) as catalogue:
        print(catalogue.url, flush=True)  # noqa: T201 - the answer
        sys.stdin.read()


if __name__ == "__main__":
    main()
