"""Publishing a folder: collections, split views, and nothing from outside the folder."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo.folder import FolderError, folder_dataset


def write(folder: Path, records: Any, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "records.json").write_text(json.dumps(records), encoding="utf-8")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (30, 20), "red").save(folder / name)
    return folder


def entry(name: str, *images: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "title": f"Title of {name}", "images": list(images), **more}


def test_one_collection_per_value_and_one_when_absent(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "a",
        [entry("x/1", "i/1.jpg", collection="Übersee"), entry("x/2", "i/2.png", metadata={"a": 1})],
        "i/1.jpg", "i/2.png",
    )  # fmt: skip
    dataset = folder_dataset(folder)
    assert [item.key for item in dataset.collections] == ["ubersee", "collection"]
    first, second = (item.records[0] for item in dataset.collections)
    assert (first.key, second.key) == ("x-1", "x-2")
    assert second.images[0].source.media_type == "image/png"
    assert first.images[0].source.read() == (folder / "i/1.jpg").read_bytes()
    assert ({"en": ("A",)}, {"none": ("1",)}) in second.metadata
    assert dataset.pairs == ()


def test_split_views_deals_pictures_in_turn_and_tells_the_truth(tmp_path: Path) -> None:
    names = [f"{k}.png" for k in range(5)]
    folder = write(
        tmp_path / "a",
        [entry("v", *names, collection="Vases"), entry("w", "0.png", collection="Vases")],
        *names,
    )
    dataset = folder_dataset(folder, split="views")
    a, b = dataset.collections
    assert (a.key, b.key) == ("vases-a", "vases-b")
    assert [len(record.images) for record in a.records] == [3, 1]
    assert [len(record.images) for record in b.records] == [2]
    assert [i.source.read() for i in b.records[0].images] == [
        (folder / name).read_bytes() for name in ("1.png", "3.png")
    ]
    assert dataset.truth()["pairs"] == [["/vases-a/v/manifest.json", "/vases-b/v/manifest.json"]]


def test_names_that_look_alike_get_keys_of_their_own(tmp_path: Path) -> None:
    ids = ["a b", "a-b", "a_b", "images", "ΑΒ", "..", "%2e%2e"]
    folder = write(tmp_path / "a", [entry(name, "1.png") for name in ids], "1.png")
    keys = [record.key for record in folder_dataset(folder).collections[0].records]
    assert len(set(keys)) == len(ids)
    assert all(key.replace("-", "").isalnum() and key != "images" for key in keys)


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/passwd", "i/../../secret.png", "link.png", "a\0b.png", ""]
)
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (5, 5)).save(tmp_path / "secret.png")
    folder = write(tmp_path / "a", [entry("x", name)], "i/1.png")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(FolderError, match="Record 'x'"):
        folder_dataset(folder)


def test_only_jpeg_and_png_are_published(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", [entry("x", "1.gif")], "1.gif")
    with pytest.raises(FolderError, match="no JPEG or PNG"):
        folder_dataset(folder)


@pytest.mark.parametrize(
    "content",
    ["", "{", "{}", "[1]", '[{"id": "a"}]', '[{"id": "", "title": "t", "images": ["a"]}]',
     '[{"id": "a", "title": "t", "images": []}]', "\xff", "[" * 100_000],
)  # fmt: skip
def test_a_broken_records_file_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "records.json").write_text(content, encoding="latin-1")
    with pytest.raises(FolderError, match=r"records\.json"):
        folder_dataset(tmp_path)


def test_a_missing_folder_and_a_repeated_id_are_told(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="cannot be read"):
        folder_dataset(tmp_path / "nowhere")
    folder = write(tmp_path / "a", [entry("x", "1.png"), entry("x", "1.png")], "1.png")
    with pytest.raises(FolderError, match="more than one record"):
        folder_dataset(folder)


@pytest.mark.parametrize("name", ["attic_cva10", "ambers"])
def test_real_folders(shared: Path, name: str) -> None:
    folder = shared / "data" / name
    entries = json.loads((folder / "records.json").read_bytes())
    whole, split = folder_dataset(folder), folder_dataset(folder, split="views")
    assert sum(len(item.records) for item in whole.collections) == len(entries)
    assert len(split.collections) == 2
    assert len(split.pairs) == sum(len(entry["images"]) > 1 for entry in entries)
