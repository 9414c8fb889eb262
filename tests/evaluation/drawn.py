"""Small data folders that tests draw: a few things, each a few times, all of them unlike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image


def draw(path: Path, thing: int, view: int, side: int = 64) -> None:
    """Write a picture of a thing; its views differ by a little noise."""
    coarse = np.random.default_rng(thing).integers(0, 256, (4, 4, 3))
    noise = np.random.default_rng((thing, view)).normal(0, 4, (side, side, 3))
    levels = np.kron(coarse, np.ones((side // 4, side // 4, 1))) + noise
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels.clip(0, 255).astype(np.uint8)).save(path)


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def draw_groups(folder: Path, things: int, views: int, *, key: str = "group") -> None:
    """Write a set of groups; a thing of one view alone has no partner."""
    truth = []
    for thing in range(things):
        for view in range(views):
            file = f"images/{thing}-{view}.png"
            draw(folder / file, thing + 1000 * len(folder.name), view)
            truth.append({"file": file, key: thing, "other": "ignored"})
    write_json(folder / "truth.json", truth)


def draw_records(folder: Path, images: dict[str, int], same: dict[str, str]) -> None:
    """Write a set of records with so many images each, some the same file as another's."""
    records = []
    for number, (name, count) in enumerate(images.items()):
        files = [f"images/{name}-{view}.png" for view in range(count)]
        for view, file in enumerate(files):
            draw(folder / file, 500 + number, view)
        record: dict[str, object] = {"id": name, "title": name, "images": files, "metadata": {}}
        if name in same:
            record["same_file_as"] = same[name]
        records.append(record)
    write_json(folder / "records.json", records)


def draw_catalogue(folder: Path) -> None:
    """Write a catalogue of five, c and d being one work; photographs of a, of c and of neither."""
    names = "abcde"
    for number, name in enumerate(names):
        thing, view = (702, 2) if name == "d" else (700 + number, 0)
        draw(folder / f"catalogue/{name}.png", thing, view)
    for number, thing in enumerate((700, 702, 799)):
        draw(folder / f"queries/{number}.png", thing, 1)
    matches: tuple[list[str], ...] = (["a"], ["c"], [])
    write_json(
        folder / "truth.json",
        {
            "catalogue": [{"id": name, "file": f"catalogue/{name}.png"} for name in names],
            "queries": [
                {"id": str(n), "file": f"queries/{n}.png", "set": "qsd1_w4", "matches": found}
                for n, found in enumerate(matches)
            ],
            "catalogue_pairs": [
                {"a": "c", "b": "d", "same": True},
                {"a": "a", "b": "b", "same": False},
            ],
        },
    )
