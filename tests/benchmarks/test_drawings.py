from __future__ import annotations

from pathlib import Path

from PIL import Image

from benchmarks.drawings import doubles, read, write_doubles
from training.drawings import profile_drawing


def test_the_same_drawing_is_listed_whatever_its_file_and_size(tmp_path: Path) -> None:
    paths = [tmp_path / f"{seed}.png" for seed in range(6)]
    for seed, path in enumerate(paths):
        Image.fromarray(profile_drawing(seed)).save(path)
    copy = tmp_path / "copy.png"
    copy.write_bytes(paths[2].read_bytes())
    larger = tmp_path / "larger.png"
    Image.fromarray(profile_drawing(4)).resize((600, 600)).save(larger)
    drawings = [read(path) for path in (*paths, copy, larger)]

    pairs = doubles(drawings)

    assert pairs == [(2, 6), (4, 7)]
    write_doubles(drawings, pairs, tmp_path / "pages" / "doubles.html")
    page = (tmp_path / "pages" / "doubles.html").read_text(encoding="utf-8")
    assert page.count("<img") == 4
    assert "larger.png" in page
