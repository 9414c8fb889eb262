from __future__ import annotations

import re
from pathlib import Path

from iiif_dedup.library.results import Pair
from iiif_dedup.library.sheet import MOST_PAIRS, sheet
from tests.library.pictures import drawn


def make_pair(folder: Path, name: str = "one.png", rank: int = 1) -> Pair:
    drawn(1, 900, 600).save(folder / name)
    drawn(2).save(folder / "two.png")
    return Pair(
        folder / name, folder / "two.png", rank, 0.1234, accepted=True,
        found_by={"clone": 1, "sha256": 1, "my<model>": 7, "colour_parts": 2},
    )  # fmt: skip


def test_a_sheet_shows_both_pictures_with_all_that_is_known(tmp_path: Path) -> None:
    page = sheet("Duplicates", "One pair.", [make_pair(tmp_path)])
    pictures = re.findall(r'<img src="data:image/jpeg;base64,[\w+/=]+" width="(\d+)"', page)
    assert pictures == ["280", "120"]
    for text in (
        "one.png",
        "two.png",
        "0.123",
        "clone rule",
        "№ 1",
        "same file",
        "my&lt;model&gt;",
    ):
        assert text in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!data:)', page), "a sheet needs nothing but itself"


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)> & \"'.png"
    page = sheet("<b>title</b>", "<i>summary</i>", [make_pair(tmp_path, name)])
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;&#x27;.png" in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_a_picture_that_vanished_is_said_to_be_gone(tmp_path: Path) -> None:
    pair = make_pair(tmp_path)
    pair.first.unlink()
    pair.second.write_bytes(b"no picture any more")
    assert sheet("Duplicates", "", [pair]).count("cannot be read any more") == 2


def test_a_long_sheet_ends_and_says_so(tmp_path: Path) -> None:
    page = sheet("Duplicates", "Many.", [make_pair(tmp_path)] * (MOST_PAIRS + 1))
    assert page.count("<li>") == MOST_PAIRS
    assert f"Many. Shown are the first {MOST_PAIRS}." in page
