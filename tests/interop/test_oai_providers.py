"""The OAI-PMH harvester against providers that others wrote: `oai_repo` and pyoai's server."""

import threading
import urllib.parse
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import etree

from harvesters.oai_pmh import OaiPmhHarvester
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.types import Deletion, Ending, HarvestEvent, Json, Record, RecordFailure

pytestmark = pytest.mark.interop

COUNT = 25
GONE = 7
DC = "http://purl.org/dc/elements/1.1/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"


def dublin_core(number: int) -> etree._Element:
    root = etree.Element(f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC})
    etree.SubElement(root, f"{{{DC}}}title").text = f"Κρατήρας {number}"
    etree.SubElement(root, f"{{{DC}}}identifier").text = f"https://i.example/{number}.jpg"
    return root


def changed(number: int) -> datetime:
    return datetime(2024, 1, 1 + number)  # noqa: DTZ001  both providers take naive UTC


@contextmanager
def serving(answer: Callable[[dict[str, str], str], bytes]) -> Iterator[str]:
    """Serve what `answer` makes of a request's arguments and the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            arguments = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
            body = answer(arguments, base)
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as inherited
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        base = f"http://127.0.0.1:{server.server_address[1]}/oai"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield base
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def oai_repo_provider() -> Iterator[str]:
    """Serve 25 records, pages of 10, one left out as deleted, by `oai_repo`."""
    import oai_repo

    class Data(oai_repo.DataInterface):  # type: ignore[misc]  # the package has no types
        limit = 10
        base = ""

        def get_identify(self) -> Any:
            return oai_repo.Identify(
                repository_name="Vases",
                base_url=self.base,
                admin_email=["a@example.org"],
                earliest_datestamp="2024-01-01T00:00:00Z",
                deleted_record="no",
                granularity="YYYY-MM-DDThh:mm:ssZ",
            )

        def is_valid_identifier(self, identifier: str) -> bool:
            return identifier.startswith("oai:vases:")

        def get_metadata_formats(self, identifier: str | None = None) -> list[Any]:
            return [oai_repo.MetadataFormat("oai_dc", f"{OAI_DC}oai_dc.xsd", OAI_DC)]

        def get_record_header(self, identifier: str) -> Any:
            number = int(identifier.rpartition(":")[2])
            status = "deleted" if number == GONE else None
            return oai_repo.RecordHeader(identifier, changed(number), [], status)

        def get_record_metadata(self, identifier: str, metadataprefix: str) -> Any:
            number = int(identifier.rpartition(":")[2])
            return None if number == GONE else dublin_core(number)

        def get_record_abouts(self, identifier: str) -> list[Any]:
            return []

        def list_set_specs(self, identifier: str | None = None, cursor: int = 0) -> tuple[Any, ...]:
            return None, None, None

        def list_identifiers(
            self,
            metadataprefix: str,
            filter_from: datetime | None = None,
            filter_until: datetime | None = None,
            filter_set: str | None = None,
            cursor: int = 0,
        ) -> tuple[list[str], int, None]:
            found = [
                f"oai:vases:{number}"
                for number in range(COUNT)
                if filter_from is None or changed(number) >= filter_from.replace(tzinfo=None)
            ]
            return found[cursor : cursor + self.limit], len(found), None

    data = Data()

    def answer(arguments: dict[str, str], base: str) -> bytes:
        data.base = base
        return bytes(oai_repo.OAIRepository(data).process(arguments))

    with serving(answer) as base:
        yield base


@contextmanager
def pyoai_provider() -> Iterator[str]:
    """Serve 25 records, pages of 10, one deleted, by pyoai's batching server."""
    with warnings.catch_warnings():
        # It imports cgi and pkg_resources, which are on their way out.
        warnings.simplefilter("ignore")
        import cgi

        from oaipmh import common, metadata, server
    cgi.parse_qs = urllib.parse.parse_qs  # type: ignore[attr-defined]  # pyoai's old place

    class Data:
        base = ""

        def identify(self) -> Any:
            return common.Identify(
                repositoryName="Vases",
                baseURL=self.base,
                protocolVersion="2.0",
                adminEmails=["a@example.org"],
                earliestDatestamp=datetime(2024, 1, 1),  # noqa: DTZ001  as `changed`
                deletedRecord="persistent",
                granularity="YYYY-MM-DDThh:mm:ssZ",
                compression=["identity"],
            )

        def listMetadataFormats(self, identifier: str | None = None) -> list[Any]:  # noqa: N802
            return [("oai_dc", f"{OAI_DC}oai_dc.xsd", OAI_DC)]

        def listRecords(  # noqa: N802, PLR0917  pyoai's interface
            self,
            metadataPrefix: str,  # noqa: N803
            set: str | None = None,  # noqa: A002
            from_: datetime | None = None,
            until: datetime | None = None,
            cursor: int = 0,
            batch_size: int = 10,
        ) -> list[Any]:
            found = []
            for number in range(COUNT):
                gone = number == GONE
                header = common.Header(None, f"oai:vases:{number}", changed(number), [], gone)
                values = {
                    "title": [f"Κρατήρας {number}"],
                    "identifier": [f"https://i.example/{number}.jpg"],
                }
                if from_ is None or changed(number) >= from_:
                    found.append((header, common.Metadata(None, values), None))
            return found[cursor : cursor + batch_size]

    registry = metadata.MetadataRegistry()
    registry.registerWriter("oai_dc", server.oai_dc_writer)
    data = Data()
    provider = server.BatchingServer(data, metadata_registry=registry, resumption_batch_size=10)

    def answer(arguments: dict[str, str], base: str) -> bytes:
        data.base = base
        return bytes(provider.handleRequest(arguments))

    with serving(answer) as base:
        yield base


def harvest(
    base: str,
    options: Mapping[str, Json] | None = None,
    since: Mapping[str, Json] | None = None,
) -> list[HarvestEvent]:
    policy = FetchPolicy(delay_s=0, retries=0, allow_loopback=True)
    with Fetcher(policy) as fetcher:
        return list(OaiPmhHarvester(base, options or {}, fetcher).harvest(since=since))


# oai_repo 0.5.2 leaves deleted records out of its lists, whatever its Identify says.
@pytest.mark.parametrize(
    ("provider", "keeps"), [(oai_repo_provider, False), (pyoai_provider, True)]
)
def test_a_provider_is_harvested_whole_and_for_changes(
    provider: Callable[[], Any], *, keeps: bool
) -> None:
    with provider() as base:
        events = harvest(base)
        records = {event.identifier: event for event in events if isinstance(event, Record)}
        assert sorted(records) == sorted(f"oai:vases:{n}" for n in range(COUNT) if n != GONE)
        gone = [event.identifier for event in events if isinstance(event, Deletion)]
        assert gone == ([f"oai:vases:{GONE}"] if keeps else [])
        assert not [event for event in events if isinstance(event, RecordFailure)]
        assert records["oai:vases:3"].titles == {"none": ("Κρατήρας 3",)}
        assert [image.url for image in records["oai:vases:3"].images] == ["https://i.example/3.jpg"]
        ending = events[-1]
        assert isinstance(ending, Ending)
        assert ending.whole
        assert (ending.bookmark is not None) == keeps
        options: dict[str, Json] = {"incremental": True}
        changes = harvest(base, options, {"from": "2024-01-21T00:00:00Z"})
        found = [event.identifier for event in changes if isinstance(event, Record)]
        assert found == [f"oai:vases:{n}" for n in range(20, COUNT)]
        nothing = harvest(base, options, {"from": "2030-01-01"})
        assert not [event for event in nothing if isinstance(event, Record)]
