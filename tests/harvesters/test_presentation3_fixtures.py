"""Every recorded Presentation document against what was read from it by eye beforehand."""

import csv
import json
from pathlib import Path
from urllib.parse import urljoin

import pytest
from jsonschema import Draft7Validator

from harvesters.presentation3 import Member, document_kind, parse_collection, parse_manifest
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch.json_limits import parse_json

TABLES = [Path(__file__).with_name(f"prezi{version}_expected.tsv") for version in (2, 3)]
LINES = [table.read_text(encoding="utf-8").splitlines() for table in TABLES]
ROWS = [
    row for lines in LINES for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
]
URL = "https://partner.example/document.json"


def test_table_names_every_fixture(shared: Path) -> None:
    folder = shared / "fixtures"
    files = [*folder.glob("prezi[23]/*.json"), *folder.glob("broken/prezi[23]-*.json")]
    assert {str(path.relative_to(folder)) for path in files} == {row["file"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_fixture(shared: Path, row: dict[str, str]) -> None:
    body = (shared / "fixtures" / row["file"]).read_bytes()
    if row["kind"] == "collection":
        _check_collection(parse_json(body, URL), row)
    elif row["reason"]:
        with pytest.raises((FetchError, HarvestError)) as caught:
            parse_manifest(parse_json(body, URL), URL)
        assert caught.value.reason == Reason(row["reason"]), row["note"]
    else:
        document = json.loads(body)
        record = parse_manifest(document, URL)
        assert len(record.images) == int(row["images"]), row["note"]
        assert [image.position for image in record.images] == list(range(len(record.images)))
        if record.images:
            assert record.images[0].url == row["first_image"], row["note"]
        own = urljoin(URL, (document.get("id") or document.get("@id") or URL).strip())
        assert record.identifier == (own if own.startswith("http") else URL)
        assert record.manifest is not None
        json.dumps(record.manifest, allow_nan=False)


def _check_collection(document: object, row: dict[str, str]) -> None:
    manifests = 0
    reasons = set()
    pending = list(parse_collection(document, URL).members)
    while pending:
        member = pending.pop()
        if not isinstance(member, Member):
            reasons.add(member.reason)
        elif member.kind == "Manifest":
            manifests += 1
        elif member.document is not None:
            assert document_kind({**member.document}) == "Collection"
            pending.extend(parse_collection(member.document, member.url).members)
    assert manifests == int(row["records"]), row["note"]
    assert reasons == ({Reason(row["reason"])} if row["reason"] else set()), row["note"]


def test_published_parts_stay_valid(shared: Path) -> None:
    """Whatever the independent schema accepts from a partner, it accepts from us again."""
    schema = shared / "interop" / "iiif_presentation_3" / "iiif_3_0.json"
    validator = Draft7Validator(json.loads(schema.read_text(encoding="utf-8")))
    checked = 0
    for row in ROWS:
        if row["kind"] != "manifest" or row["reason"]:
            continue
        document = json.loads((shared / "fixtures" / row["file"]).read_text(encoding="utf-8"))
        if not validator.is_valid(document):
            continue
        parts = json.loads(json.dumps(parse_manifest(document, URL).manifest))
        context = "http://iiif.io/api/presentation/3/context.json"
        ours = {"@context": context, "id": URL, "type": "Manifest", **parts}
        assert not [error.message for error in validator.iter_errors(ours)], row["file"]
        checked += 1
    assert checked >= 60
