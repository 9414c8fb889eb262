from __future__ import annotations

from pathlib import Path

import pytest

from iiif_dedup.evaluation.datasets import read_data_folder
from tests.evaluation.drawn import draw_catalogue, draw_groups, draw_records, write_json


def test_groups_objects_and_pictures_without_either(tmp_path: Path) -> None:
    draw_groups(tmp_path / "things", 2, 2)
    draw_groups(tmp_path / "turned", 1, 3, key="object")
    draw_groups(tmp_path / "classes", 2, 1, key="label")
    classes, things, turned = read_data_folder(tmp_path).sets
    assert [one.objects for one in things.catalogue] == [
        ("things/0",),
        ("things/0",),
        ("things/1",),
        ("things/1",),
    ]
    assert {one.objects for one in turned.catalogue} == {("turned/0",)}
    assert len({one.objects for one in classes.catalogue}) == 2


def test_records_and_records_of_the_same_file(tmp_path: Path) -> None:
    draw_records(tmp_path / "vases", {"one": 2, "two": 1, "three": 1}, {"three": "two"})
    (vases,) = read_data_folder(tmp_path).sets
    assert [one.objects for one in vases.catalogue] == [
        ("vases/one",),
        ("vases/one",),
        ("vases/three",),
        ("vases/three",),
    ]


def test_a_catalogue_with_photographs_and_works_catalogued_twice(tmp_path: Path) -> None:
    draw_catalogue(tmp_path / "paintings")
    (paintings,) = read_data_folder(tmp_path).sets
    assert [one.objects for one in paintings.catalogue] == [
        ("paintings/a",),
        ("paintings/b",),
        ("paintings/c",),
        ("paintings/c",),
        ("paintings/e",),
    ]
    assert [one.objects for one in paintings.photographs["museum_framed_unknown"]] == [
        ("paintings/a",),
        ("paintings/c",),
        (),
    ]


def test_what_cannot_be_read_is_skipped_with_a_reason(tmp_path: Path) -> None:
    draw_groups(tmp_path / "good", 1, 2)
    (tmp_path / "good" / "images" / "0-1.png").unlink()
    (tmp_path / "empty").mkdir()
    write_json(tmp_path / "strange" / "truth.json", {"pictures": 3})
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "records.json").write_text("[{")
    outside = [{"file": "../good/images/0-0.png", "group": 1}]
    write_json(tmp_path / "thief" / "truth.json", outside)

    data = read_data_folder(tmp_path)
    assert [(each.name, len(each.catalogue)) for each in data.sets] == [("good", 1), ("thief", 0)]
    reasons = "\n".join(data.skipped)
    assert len(data.skipped) == 5
    assert "empty: holds neither truth.json nor records.json" in reasons
    assert "strange: " in reasons
    assert "broken: " in reasons
    assert "0-1.png: no such file" in reasons
    assert "thief/../good" in reasons


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_data_folder(tmp_path / "nowhere")


def test_the_shared_sets_are_read_whole(shared: Path) -> None:
    data = read_data_folder(shared / "data")
    assert data.skipped == ()
    assert sum(len(each.catalogue) for each in data.sets) == 4677
