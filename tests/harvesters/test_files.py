"""Harvests folders and lists on this machine, beneath the one folder that is permitted."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harvesters.files import FilesHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher, FetchPolicy
from iiif_dedup.types import Checkpoint, Ending, Record, RecordFailure

Harvest = Callable[..., list[Any]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "permitted"
    folder.mkdir()
    return folder


@pytest.fixture
def fetcher(root: Path) -> Iterator[Fetcher]:
    with Fetcher(FetchPolicy(delay_s=0, files_root=root)) as made:
        yield made


@pytest.fixture
def harvest(fetcher: Fetcher) -> Harvest:
    def run(path: Path, state: Any = None, **options: Any) -> list[Any]:
        return list(FilesHarvester(path.as_uri(), options, fetcher).harvest(state))

    return run


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"pixels")


def records(events: list[Any]) -> dict[str, Record]:
    return {event.identifier: event for event in events if isinstance(event, Record)}


def failures(events: list[Any]) -> list[tuple[str, Reason]]:
    return [(e.identifier, e.reason) for e in events if isinstance(e, RecordFailure)]


def test_every_picture_of_a_folder_is_a_record(root: Path, harvest: Harvest) -> None:
    write(root, "b.JPG", "a.png", "vases/x.tif", "notes.txt", ".hidden.jpg", ".git/y.jpg")
    events = harvest(root)
    found = records(events)
    assert list(found) == ["a.png", "b.JPG", "vases/x.tif"]
    assert found["vases/x.tif"].titles == {"none": ("x",)}
    assert found["vases/x.tif"].facets[0]["value"] == {"none": ("vases",)}
    assert found["a.png"].images[0].url == (root / "a.png").as_uri()
    assert events[-1] == Ending(whole=True)


def test_a_folder_may_be_one_record_with_views(root: Path, harvest: Harvest) -> None:
    write(root, "single.jpg", "17/b.jpg", "17/a.jpg", "18/inner/c.jpg")
    found = records(harvest(root, record_per="folder"))
    assert list(found) == ["single.jpg", "17", "18/inner"]
    assert [image.url.rpartition("/")[2] for image in found["17"].images] == ["a.jpg", "b.jpg"]
    assert found["18/inner"].titles == {"none": ("inner",)}


def test_names_that_are_no_text_are_harvested(
    root: Path, harvest: Harvest, fetcher: Fetcher
) -> None:
    odd = os.fsdecode(b"\xff\xfe.jpg")
    write(root, odd, "a\n\u202e'\"#?%.jpg")
    found = records(harvest(root))
    assert set(found) == {"\ufffd\ufffd.jpg", "a\n\u202e'\"#?%.jpg"}
    for record in found.values():
        assert record.images[0].url.isascii()
        assert fetcher.get(record.images[0].url).body == b"pixels"


def test_a_changed_picture_changes_its_record(root: Path, harvest: Harvest) -> None:
    write(root, "a.jpg")
    before = harvest(root)
    assert harvest(root) == before
    os.utime(root / "a.jpg", (1, 1))
    assert records(harvest(root))["a.jpg"].datestamp == "1970-01-01T00:00:01+00:00"


def test_links_lead_nowhere_else(root: Path, tmp_path: Path, harvest: Harvest) -> None:
    write(tmp_path, "secret/a.jpg")
    (root / "out.jpg").symlink_to(tmp_path / "secret" / "a.jpg")
    (root / "folder").symlink_to(tmp_path / "secret")
    (root / "circle").symlink_to(root)
    write(root, "b.jpg")
    events = harvest(root)
    assert list(records(events)) == ["b.jpg"]
    assert failures(events) == [("out.jpg", Reason.ADDRESS_REFUSED)]


@pytest.mark.parametrize("path", ["../secret", "..", "missing"])
def test_an_endpoint_outside_or_missing_is_refused(
    root: Path, tmp_path: Path, fetcher: Fetcher, path: str
) -> None:
    (tmp_path / "secret").mkdir()
    with pytest.raises(SettingsError):
        FilesHarvester(f"{root.as_uri()}/{path}", {}, fetcher)


def test_without_a_permitted_folder_the_setting_is_named(root: Path) -> None:
    with (
        Fetcher(FetchPolicy()) as fetcher,
        pytest.raises(SettingsError, match="IIIF_DEDUP_FILES_ROOT"),
    ):
        FilesHarvester(root.as_uri(), {}, fetcher)


@pytest.mark.parametrize("endpoint", ["/srv/pictures", "https://museum.example/list.json", ""])
def test_only_file_urls_are_endpoints(fetcher: Fetcher, endpoint: str) -> None:
    with pytest.raises(SettingsError, match="file:///srv/pictures"):
        FilesHarvester(endpoint, {}, fetcher)


def test_a_wrong_option_is_refused(root: Path, fetcher: Fetcher) -> None:
    with pytest.raises(SettingsError, match="record_per"):
        FilesHarvester(root.as_uri(), {"record_per": "page"}, fetcher)


def test_a_json_list(root: Path, harvest: Harvest) -> None:
    write(root, "images/a.jpg", "images/b.jpg")
    entries = [
        {
            "id": "v/17",
            "title": {"el": "Κρατήρας", "en": ["Krater"]},
            "images": ["images/a.jpg", "images/b.jpg", "images/a.jpg", "images/gone.jpg"],
            "collection": "Demo",
            "metadata": {"shape@el": "κρατήρας", "shape@en": "krater", "figures": [1, 2]},
            "views": [{"file": "images/a.jpg", "alt": "front"}, {"file": "images/b.jpg"}],
            "rights": "http://creativecommons.org/licenses/by/4.0/",
            "landing_page": "javascript:alert(1)",
        },
        {"id": 18, "image": {"url": "https://museum.example/18.jpg"}},
        {"id": 19, "images": ["../../etc/passwd"]},
        {"id": 20, "images": ["file:///etc/passwd"]},
        {"id": 21, "images": ["ftp://museum.example/21.jpg"]},
        {"title": "nobody"},
        "text",
        {"id": 18},
    ]
    (root / "records.json").write_text(json.dumps(entries), encoding="utf-8")
    events = harvest(root / "records.json")
    found = records(events)
    assert list(found) == ["v/17", "18"]
    first = found["v/17"]
    assert first.titles == {"el": ("Κρατήρας",), "en": ("Krater",)}
    assert [image.url for image in first.images] == [
        (root / "images" / name).as_uri() for name in ("a.jpg", "b.jpg", "gone.jpg")
    ]
    assert first.facets == (
        {"label": {"none": ("collection",)}, "value": {"none": ("Demo",)}},
        {"label": {"none": ("shape",)}, "value": {"el": ("κρατήρας",), "en": ("krater",)}},
        {"label": {"none": ("figures",)}, "value": {"none": ("1", "2")}},
    )
    assert first.rights == "http://creativecommons.org/licenses/by/4.0/"
    assert first.landing_page is None
    assert first.datestamp is not None
    assert found["18"].images[0].url == "https://museum.example/18.jpg"
    assert found["18"].datestamp is None
    assert failures(events) == [
        ("19", Reason.ADDRESS_REFUSED),
        ("20", Reason.ADDRESS_REFUSED),
        ("21", Reason.BAD_URL),
        ("records.json#6", Reason.NOT_A_RECORD),
        ("records.json#7", Reason.NOT_A_RECORD),
        ("18", Reason.DUPLICATE_MEMBER),
    ]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "said"),
    [
        ("utf-8", ",", []),
        ("utf-8-sig", ";", []),
        ("utf-16", "\t", []),
        ("latin-1", ";", [("list.csv", Reason.NOT_UTF_8)]),
    ],
)
def test_a_csv_list(
    root: Path, harvest: Harvest, encoding: str, delimiter: str, said: list[Any]
) -> None:
    write(root, "a.jpg", "b.jpg")
    lines = [
        ["id", "title@de", "images", "Maße", "Fundort"],
        ["17", '"Gefäß\nmit Zeile"', "a.jpg | b.jpg", '"12, 5 cm"', ""],
        ["18", "Schale", "https://museum.example/18.jpg", "", "Köln"],
    ]
    text = "\r\n".join(delimiter.join(line) for line in lines) + "\r\n\r\n"
    (root / "list.csv").write_bytes(text.encode(encoding))
    events = harvest(root / "list.csv")
    found = records(events)
    assert failures(events) == said
    assert found["17"].titles == {"de": ("Gefäß\nmit Zeile",)}
    assert len(found["17"].images) == 2
    assert found["17"].facets == ({"label": {"none": ("Maße",)}, "value": {"none": ("12, 5 cm",)}},)
    assert found["18"].facets[0]["value"] == {"none": ("Köln",)}


def test_a_csv_line_with_too_many_fields_is_a_failure(root: Path, harvest: Harvest) -> None:
    (root / "list.csv").write_text("id,title\n1,One\n2,Two,2\n3,Three\n")
    events = harvest(root / "list.csv")
    assert list(records(events)) == ["1", "3"]
    assert failures(events) == [("2", Reason.NOT_A_RECORD)]


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("list.json", b"<html></html>", Reason.NOT_JSON),
        ("list.json", b'{"items": []}', Reason.NOT_A_LIST),
        ("list.json", b'"text"', Reason.NOT_A_LIST),
        ("list.csv", b"title,image\nOne,a.jpg\n", Reason.NOT_A_LIST),
        ("list.csv", b"", Reason.NOT_A_LIST),
        ("list.csv", b'id,title\n1,"never closed\n', Reason.NOT_A_LIST),
        ("list.csv", b"id,title\n1," + b"x" * 200_000, Reason.NOT_A_LIST),
    ],
)
def test_a_broken_list_ends_the_harvest(
    root: Path, harvest: Harvest, name: str, body: bytes, reason: Reason
) -> None:
    (root / name).write_bytes(body)
    with pytest.raises((FetchError, HarvestError)) as caught:
        harvest(root / name)
    assert caught.value.reason is reason


def test_a_killed_harvest_goes_on_where_it_was(root: Path, harvest: Harvest) -> None:
    write(root, *(f"{number:03d}.jpg" for number in range(250)))
    whole = harvest(root)
    states = [event for event in whole if isinstance(event, Checkpoint)]
    assert [state.done for state in states] == [100, 200, 250]
    rest = harvest(root, states[1].state)
    assert list(records(rest)) == list(records(whole))[200:]
    assert rest[-1] == Ending(whole=True)


def test_the_example_lists_are_read_whole(shared: Path) -> None:
    counts = {"pottery": (1345, 1345), "attic_cva10": (12, 100), "ambers": (29, 49)}
    policy = FetchPolicy(files_root=shared)
    with Fetcher(policy) as fetcher:
        for name, (expected, pictures) in counts.items():
            path = shared / "data" / name / "records.json"
            events = list(FilesHarvester(path.as_uri(), {}, fetcher).harvest())
            assert not failures(events)
            found = records(events)
            assert len(found) == expected
            assert sum(len(record.images) for record in found.values()) == pictures
