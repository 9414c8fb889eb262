"""An OAI-PMH repository on loopback with any number of made-up records.

It is strict where real ones should be and faulty where a test says so. Records are rendered when
asked for, a page at a time, fast enough that a harvester is what is measured.

    with OaiServer(10_000) as partner:
        partner.endpoint                        # base URL
        partner.records["oai:partner:7"].deleted = True
        partner.faults.append(fault)            # see `Fault`
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
SECONDS = "YYYY-MM-DDThh:mm:ssZ"
DAYS = "YYYY-MM-DD"

Answer: TypeAlias = tuple[int, bytes] | bytes | None
"""Status and body, or a body with 200, or None for what the server answers anyhow."""
Fault: TypeAlias = Callable[[Mapping[str, str], bytes], Answer]
"""Takes the arguments of a request and the right answer."""


@dataclass(slots=True)
class Row:
    """A record; `metadata` is the XML inside its `metadata` element, None for Dublin Core."""

    number: int
    changed: datetime
    sets: tuple[str, ...] = ()
    deleted: bool = False
    metadata: str | None = None


class OaiServer:
    """Serves until it is closed; use it in `with`.

    Args:
        count: How many records.
        page: Records on a page.
        deleted_record: As Identify says it; with "no" deleted records are not listed.
        granularity: As Identify says it.
        apart: Time between the datestamps of two records.
        images: URL of the picture of a record, `{}` standing for its number; None for none.
        formats: Prefix to namespace of each format.

    Attributes:
        records: By identifier, in the order in which they are listed.
        faults: Asked in order for each request; the first that answers wins.
        now: What `responseDate` says.
        asked: How often each verb was asked for.
        requests: The arguments of every request.
        expire_tokens: Whether every token is refused.
    """

    def __init__(
        self,
        count: int,
        *,
        page: int = 100,
        deleted_record: str = "persistent",
        granularity: str = SECONDS,
        apart: timedelta = timedelta(minutes=1),
        images: str | None = "https://images.example/{}.jpg",
        formats: Mapping[str, str] | None = None,
    ) -> None:
        self.page = page
        self.deleted_record = deleted_record
        self.granularity = granularity
        self.images = images
        self.formats = formats or {"oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/"}
        self.records = {f"oai:partner:{n}": Row(n, FIRST + n * apart) for n in range(count)}
        self.now = FIRST + (count + 1) * apart
        self.faults: list[Fault] = []
        self.asked: Counter[str] = Counter()
        self.requests: list[dict[str, str]] = []
        self.expire_tokens = False
        self.lock = threading.Lock()

        class Handler(_Handler):
            partner = self

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}/oai"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, arguments: Mapping[str, str]) -> tuple[int, bytes]:
        """Return status and body for a request."""
        with self.lock:
            self.asked[arguments.get("verb", "")] += 1
            self.requests.append(dict(arguments))
        right = self._right(arguments)
        for fault in self.faults:
            wrong = fault(arguments, right)
            if wrong is not None:
                return wrong if isinstance(wrong, tuple) else (200, wrong)
        return 200, right

    def write(self, moment: datetime) -> str:
        """Return a datestamp in the repository's granularity."""
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if self.granularity == SECONDS else "%Y-%m-%d")

    def _right(self, arguments: Mapping[str, str]) -> bytes:
        verb = arguments.get("verb", "")
        if verb == "Identify":
            return self._envelope(arguments, self._identify())
        if verb == "ListMetadataFormats":
            return self._envelope(arguments, self._formats())
        if verb == "GetRecord":
            row = self.records.get(arguments.get("identifier", ""))
            if row is None:
                return self._error(arguments, "idDoesNotExist")
            return self._envelope(arguments, self._record(row))
        if verb in {"ListRecords", "ListIdentifiers"}:
            return self._list(arguments)
        return self._error(arguments, "badVerb")

    def _list(self, arguments: Mapping[str, str]) -> bytes:
        token = arguments.get("resumptionToken")
        if token is not None and set(arguments) != {"verb", "resumptionToken"}:
            return self._error(arguments, "badArgument")
        if token is not None and (self.expire_tokens or not token.startswith("t& =")):
            return self._error(arguments, "badResumptionToken")
        asked = arguments
        place = 0
        if token is not None:
            asked = dict(parse_qsl(token[4:].replace("~", "&")))
            place = int(asked["place"])
        if asked.get("metadataPrefix") not in self.formats:
            return self._error(arguments, "cannotDisseminateFormat")
        if any(not self._is_date(asked[key]) for key in ("from", "until") if key in asked):
            return self._error(arguments, "badArgument")
        rows = self._selected(asked)
        if not rows:
            return self._error(arguments, "noRecordsMatch")
        render = self._record if arguments["verb"] == "ListRecords" else self._header
        parts = [render(row) for row in rows[place : place + self.page]]
        following = place + self.page
        if following < len(rows):
            kept = {
                key: asked[key]
                for key in ("metadataPrefix", "from", "until", "set")
                if key in asked
            }
            text = "~".join(f"{key}={value}" for key, value in {**kept, "place": following}.items())
            size = f'completeListSize="{len(rows)}" cursor="{place}"'
            parts.append(f"<resumptionToken {size}>t&amp; ={text}</resumptionToken>")
        elif place:
            parts.append("<resumptionToken/>")
        return self._envelope(arguments, "".join(parts))

    def _is_date(self, text: str) -> bool:
        return len(text) == 10 or (self.granularity == SECONDS and len(text) == 20)

    def _selected(self, asked: Mapping[str, str]) -> list[Row]:
        start, end, wanted = asked.get("from", ""), asked.get("until", "9999"), asked.get("set")
        end = f"{end}T99" if len(end) == 10 else end
        keeps = self.deleted_record != "no"
        if start == "" and end == "9999" and wanted is None and keeps:
            return list(self.records.values())
        return [
            row
            for row in self.records.values()
            if (keeps or not row.deleted)
            and start <= row.changed.strftime("%Y-%m-%dT%H:%M:%SZ") <= end
            and (wanted is None or any(f"{name}:".startswith(f"{wanted}:") for name in row.sets))
        ]

    def _identify(self) -> str:
        return (
            "<repositoryName>A partner</repositoryName>"
            f"<baseURL>{self.endpoint}</baseURL><protocolVersion>2.0</protocolVersion>"
            "<adminEmail>partner@example.org</adminEmail>"
            f"<earliestDatestamp>{self.write(FIRST)}</earliestDatestamp>"
            f"<deletedRecord>{self.deleted_record}</deletedRecord>"
            f"<granularity>{self.granularity}</granularity>"
        )

    def _formats(self) -> str:
        return "".join(
            f"<metadataFormat><metadataPrefix>{prefix}</metadataPrefix>"
            f"<schema>{namespace}</schema><metadataNamespace>{namespace}</metadataNamespace>"
            "</metadataFormat>"
            for prefix, namespace in self.formats.items()
        )

    def _header(self, row: Row) -> str:
        sets = "".join(f"<setSpec>{name}</setSpec>" for name in row.sets)
        status = ' status="deleted"' if row.deleted else ""
        return (
            f"<header{status}><identifier>oai:partner:{row.number}</identifier>"
            f"<datestamp>{self.write(row.changed)}</datestamp>{sets}</header>"
        )

    def _record(self, row: Row) -> str:
        if row.deleted:
            return f"<record>{self._header(row)}</record>"
        metadata = row.metadata if row.metadata is not None else self._dublin_core(row.number)
        return f"<record>{self._header(row)}<metadata>{metadata}</metadata></record>"

    def _dublin_core(self, number: int) -> str:
        image = (
            f"<dc:identifier>{self.images.format(number)}</dc:identifier>" if self.images else ""
        )
        return (
            '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f'<dc:title xml:lang="en">Red-figure krater no. {number}</dc:title>'
            f'<dc:title xml:lang="el">Ερυθρόμορφος κρατήρας αρ. {number}</dc:title>'
            f"<dc:identifier>https://partner.example/objects/{number}</dc:identifier>{image}"
            f"<dc:identifier>MA {number:06}</dc:identifier>"
            "<dc:creator>Workshop of the Niobid Painter</dc:creator>"
            "<dc:date>ca. 460 BC</dc:date><dc:type>Image</dc:type><dc:format>image/jpeg</dc:format>"
            "<dc:coverage>Abdera</dc:coverage><dc:subject>symposium</dc:subject>"
            "<dc:description>Sherd of the rim with part of a reclining figure.</dc:description>"
            "<dc:rights>https://creativecommons.org/publicdomain/mark/1.0/</dc:rights>"
            "</oai_dc:dc>"
        )

    def _error(self, arguments: Mapping[str, str], code: str) -> bytes:
        return self._envelope(arguments, f'<error code="{code}">No.</error>', is_error=True)

    def _envelope(
        self, arguments: Mapping[str, str], content: str, *, is_error: bool = False
    ) -> bytes:
        verb = escape(arguments.get("verb", ""))
        inner = content if is_error else f"<{verb}>{content}</{verb}>"
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
            f"<responseDate>{self.now.strftime('%Y-%m-%dT%H:%M:%SZ')}</responseDate>"
            f'<request verb="{verb}">{self.endpoint}</request>{inner}</OAI-PMH>'
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    partner: OaiServer
    protocol_version = "HTTP/1.1"
    timeout = 5
    # Header and body leave at once, or delayed acknowledgements cost 40 ms a request.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        arguments = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        status, body = self.partner.answer(arguments)
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as inherited
        pass
