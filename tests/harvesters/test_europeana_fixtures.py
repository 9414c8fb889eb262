"""Every recorded Europeana document against what was read from it by eye beforehand.

Europeana's own made-up fragments write `wr1Id` where a URL belongs, which is no picture; the
column `images_absolute` says how many there are once URLs stand there.
"""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harvesters.europeana_record import parse_item, parse_record
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import Record

TABLE = Path(__file__).with_name("europeana_expected.tsv")
LINES = TABLE.read_text(encoding="utf-8").splitlines()
ROWS = list(csv.DictReader(LINES, delimiter="\t", quoting=csv.QUOTE_NONE))
URL = "https://api.europeana.eu/record/v2/1/item.json"
PLACEHOLDER = re.compile(r'"(wr\dId|service\dId|\w+_edmIsShow(?:n?By)(?:Test)?)"')


def test_table_names_every_fixture(shared: Path) -> None:
    folder = shared / "fixtures"
    files = [*folder.glob("europeana/*.json"), *folder.glob("broken/europeana-*.json")]
    assert {str(path.relative_to(folder)) for path in files} == {row["file"] for row in ROWS}


def test_the_page_says_what_the_table_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "harvesting.md").read_text(encoding="utf-8")
    for start, name in (("europeana/", "europeana"), ("broken/", "broken/europeana-*")):
        rows = [row for row in ROWS if row["file"].startswith(start)]
        read = [row for row in rows if not row["reason"]]
        records, images = (sum(int(row[key]) for row in read) for key in ("records", "images"))
        refused = len(rows) - len(read)
        line = f"| `{name}` | {len(rows)} | {len(read)} | {records} | {images} | {refused} "
        assert line in page


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_fixture(shared: Path, row: dict[str, str]) -> None:
    text = (shared / "fixtures" / row["file"]).read_text(encoding="utf-8")
    if row["kind"] == "other":
        with pytest.raises(HarvestError) as caught:
            _records(json.loads(text))
        assert caught.value.reason == Reason(row["reason"]), row["note"]
        return
    records = _records(json.loads(text))
    assert len(records) == int(row["records"])
    images = [image for record in records for image in record.images]
    assert len(images) == int(row["images"]), row["note"]
    assert next((image.url for image in images), "") == row["first_image"]
    assert "api2demo" not in str(records)
    assert not [image.url for image in images if "thumbnail" in image.url]

    absolute = PLACEHOLDER.sub(r'"https://partner.example/\1"', text)
    count = sum(len(record.images) for record in _records(json.loads(absolute)))
    assert count == int(row["images_absolute"]), row["note"]


def _records(document: Any) -> list[Record]:
    if "items" in document and "totalResults" in document:
        return [parse_item(item) for item in document["items"]]
    return [parse_record(document, "/1/item", URL)]


def test_what_is_read_from_a_real_record(shared: Path) -> None:
    path = shared / "fixtures/europeana/record-09102-GNM_693983.json"
    record = parse_record(json.loads(path.read_text(encoding="utf-8")), "/09102/_GNM_693983", URL)
    assert record.titles == {"de": ("Hammerflügel",)}
    assert record.rights == "http://creativecommons.org/licenses/by-nc-sa/3.0/"
    assert record.provider == "Germanisches Nationalmuseum"
    assert record.landing_page == "http://www.mimo-db.eu/GNM/693983"
    assert record.datestamp == "2013-11-22T15:33:22.537Z"
    assert record.images[0].width == 600
    assert record.images[0].format == "image/jpeg"
    facets: Any = record.facets
    values = {facet["label"]["en"][0]: facet["value"] for facet in facets}
    assert values["Type"]["en"] == ("Grand pianoforte",)
    assert values["Date"] == {"none": ("1788",)}
