"""Every recorded OAI-PMH response and payload against what was read from it by eye beforehand."""

import csv
import re
from pathlib import Path

import pytest

from harvesters.oai.formats import choose
from harvesters.oai.page import Page, read_page
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import Deletion, Record, RecordFailure

TABLE = Path(__file__).with_name("oai_expected.tsv")
LINES = TABLE.read_text(encoding="utf-8").splitlines()
ROWS = list(csv.DictReader(LINES, delimiter="\t", quoting=csv.QUOTE_NONE))
URL = "https://partner.example/oai"
LIMIT = 1 << 20

PROLOG = re.compile(rb"\A\s*<\?xml[^>]*\?>")
ENVELOPE = (
    b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
    b"<responseDate>2026-01-01T00:00:00Z</responseDate><ListRecords>%s</ListRecords></OAI-PMH>"
)
HEADER = b"<header><identifier>oai:x:1</identifier><datestamp>2026-01-01</datestamp></header>"


def response(body: bytes, kind: str) -> bytes:
    """Return a fixture as a partner would send it: what is no response yet, in an envelope."""
    if kind not in {"record", "payload"}:
        return body
    body = PROLOG.sub(b"", body)
    if kind == "payload":
        # A payload without namespaces says so, or the envelope's would be its own.
        body = re.sub(rb"\A(\s*<[A-Za-z]+)(?=[ >])(?![^>]*xmlns)", rb'\1 xmlns=""', body, count=1)
        body = b"<record>%s<metadata>%s</metadata></record>" % (HEADER, body)
    return ENVELOPE % body


def test_table_names_every_fixture(shared: Path) -> None:
    folder = shared / "fixtures"
    files = [*folder.glob("oai/*"), *folder.glob("broken/oai*"), *folder.glob("broken/edm*")]
    assert {str(path.relative_to(folder)) for path in files} == {row["file"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_fixture(shared: Path, row: dict[str, str]) -> None:
    body = response((shared / "fixtures" / row["file"]).read_bytes(), row["kind"])
    if row["kind"] == "broken":
        with pytest.raises(HarvestError) as caught:
            read_page(body, URL, limit=LIMIT)
        assert caught.value.reason == Reason(row["expected"]), row["note"]
        return
    page = read_page(body, URL, limit=LIMIT)
    assert (page.token is not None) == (row["token"] == "yes"), row["note"]
    {"error": _check_error, "identify": _check_identity, "formats": _check_formats}.get(
        row["kind"], _check_members
    )(page, row)
    if row["kind"] in {"record", "payload", "page"}:
        with_thumbnails = read_page(body, URL, limit=LIMIT, thumbnails=True)
        assert _images(with_thumbnails) == int(row["with_thumbnails"]), row["note"]


def _check_error(page: Page, row: dict[str, str]) -> None:
    assert [code for code, _ in page.errors] == [row["expected"]]
    assert not page.members


def _check_identity(page: Page, row: dict[str, str]) -> None:
    deleted, granularity, earliest = row["expected"].split()
    assert page.identity is not None
    assert page.identity.deleted_record == deleted
    assert page.identity.granularity.name.lower() == granularity
    assert page.identity.earliest.strftime("%Y-%m-%dT%H:%M:%SZ") == earliest


def _check_formats(page: Page, row: dict[str, str]) -> None:
    assert choose(page.formats) == row["expected"]


def _check_members(page: Page, row: dict[str, str]) -> None:
    events = [event for member in page.members for event in member.events]
    records = [event for event in events if isinstance(event, Record)]
    failures = [event for event in events if isinstance(event, RecordFailure)]
    deleted = sum(isinstance(event, Deletion) for event in events)
    deleted += sum(header.deleted for header in page.headers)
    listed = sum(not header.deleted for header in page.headers)
    assert not page.errors
    assert len(records) + listed == int(row["records"]), row["note"]
    assert deleted == int(row["deleted"]), row["note"]
    assert len(failures) == int(row["failures"]), row["note"]
    if row["expected"]:
        assert {failure.reason for failure in failures} == {Reason(row["expected"])}
    assert _images(page) == int(row["images"]), row["note"]
    assert sum(record.manifest_url is not None for record in records) == int(row["manifests"])
    for record in records:
        assert [image.position for image in record.images] == list(range(len(record.images)))
        assert "<" not in " ".join(text for texts in record.titles.values() for text in texts)


def _images(page: Page) -> int:
    events = [event for member in page.members for event in member.events]
    return sum(len(event.images) for event in events if isinstance(event, Record))
