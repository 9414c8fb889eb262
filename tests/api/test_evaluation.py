"""`flask --app api evaluate` on a folder, and on harvested records."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from api.context import service_of
from iiif_dedup.store.database import Database
from iiif_dedup.store.derivatives import Derivatives
from iiif_dedup.store.models import Image, ImageVersion
from tests.api.builders import museums, record_id
from tests.evaluation.drawn import draw, draw_groups
from tests.store.examples import record

GUIDE = Path(__file__).resolve().parents[2] / "docs/how-to/evaluate.md"
THINGS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 1, 6: 2}
"""What the records show: athens' first two stand in berlin again."""


def call(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["evaluate", *arguments])


def keep_pictures(app: Flask, data: Database, folder: Path) -> None:
    kept = Derivatives(service_of(app).settings.derivatives_folder)
    with data.read() as session:
        slots = session.execute(
            select(Image.record_id, ImageVersion.sha256).join(
                ImageVersion, ImageVersion.id == Image.current_version_id
            )
        ).all()
    sources = {number: "athens" if number < 5 else "berlin" for number in THINGS}
    numbers = {record_id(number, source): number for number, source in sources.items()}
    for found, sha256 in slots:
        number = numbers[found]
        path = folder / f"{number}.png"
        draw(path, THINGS[number], number)
        kept.write(sha256, path.read_bytes())


@pytest.mark.usefixtures("data")
def test_a_folder(app: Flask, tmp_path: Path) -> None:
    draw_groups(tmp_path / "groups", 4, 2)
    output = tmp_path / "out"
    done = call(
        app, str(tmp_path / "groups"), "--method", "hsv", "--method", "phash", "--k", "1",
        "--output", str(output),
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "groups: 8 queries of 4 things" in done.stdout
    assert "1.000" in done.stdout
    assert (output / "evaluation.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads((output / "evaluation.json").read_text(encoding="utf-8"))["pool"] == 8


def test_harvested_records(app: Flask, data: Database, tmp_path: Path) -> None:
    museums(data)
    keep_pictures(app, data, tmp_path / "drawn")
    verdicts = tmp_path / "verdicts.csv"
    verdicts.write_text(
        "a,b,relation\n"
        f"{record_id(1)},{record(5).identifier},same object\n"
        f"{record(2).identifier},{record_id(6, 'berlin')},same image\n"
    )
    arguments = ("--verdicts", str(verdicts), "--method", "collection", "--output", str(tmp_path))
    done = call(app, *arguments, "--k", "1", "--json")
    assert done.exit_code == 0, done.stderr
    (result,) = json.loads(done.stdout)["sets"].values()
    judged = result["methods"]["collection"]
    assert judged["queries"] == 4
    assert judged["rates"]["first"]["estimate"] == 1
    across = {(one["query_source"], one["found_source"]) for one in result["sources"]["collection"]}
    assert ("athens", "berlin") in across
    only = call(app, *arguments, "--source", "athens")
    assert only.exit_code == 1
    assert "names nothing that is searched" in only.stderr


def test_the_guide_does_what_it_says(
    app: Flask, data: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    museums(data)
    keep_pictures(app, data, tmp_path / "drawn")
    draw_groups(tmp_path / "photos", 4, 2)
    for name, thing in (("athens/12", 1), ("athens/13", 2), ("berlin/7", 1), ("berlin/9", 3)):
        draw(tmp_path / f"museums/{name}.jpg", thing, len(name))
    text = GUIDE.read_text(encoding="utf-8")
    (pairs,) = re.findall(r"```csv\n(.*?)```", text, re.DOTALL)
    Path("pairs.csv").write_text(pairs)
    Path("records.csv").write_text(
        f"a,b,relation\n{record_id(1)},{record_id(5, 'berlin')},same object\n"
    )
    commands = re.findall(r"^\$ flask --app api evaluate (.+)$", text, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        done = call(app, *shlex.split(command), "--method", "hsv")
        assert done.exit_code == 0, done.stderr
        assert Path("report/evaluation.html").stat().st_size > 10_000
        Path("report/evaluation.html").unlink()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(code, {})  # the guide's own lines
    assert Path("report/evaluation.html").exists()


def test_what_cannot_be_judged_is_said(app: Flask, data: Database, tmp_path: Path) -> None:
    neither = call(app)
    assert (neither.exit_code, "Name a folder, or a file" in neither.stderr) == (1, True)
    museums(data)
    (tmp_path / "v.csv").write_text("a,b,relation\n")
    assert "have no derivative" in call(app, "--verdicts", str(tmp_path / "v.csv")).stderr
    assert "Unknown method" in call(
        app, *_groups(tmp_path), "--method", "x", "--output", str(tmp_path)
    ).stderr  # fmt: skip


def _groups(folder: Path) -> tuple[str]:
    draw_groups(folder / "groups", 2, 2)
    return (str(folder / "groups"),)
