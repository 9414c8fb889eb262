from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from iiif_dedup.library import command_line
from iiif_dedup.library.command_line import main
from iiif_dedup.library.folder import Folder
from tests.library.pictures import COUNT, drawn


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


def test_find_prints_a_table_and_writes_a_sheet(
    photos: Path, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "out" / "sheet.html"
    arguments = ["find", str(photos / "05.png"), str(photos), "--cache", str(cache)]
    assert main([*arguments, "--limit", "3", "--html", str(page)]) == 0
    printed = capsys.readouterr()
    assert "below/five.png" in printed.out
    assert "same file" in printed.out
    assert f"The nearest 3 of {COUNT + 2} pictures" in printed.out
    assert page.read_text().count("<li>") == 3
    assert main([*arguments, "--delta", "-9"]) == 0
    assert "accepts 0 of them" in capsys.readouterr().out


def test_scan_prints_pairs_and_writes_them_all(
    photos: Path,
    cache: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command_line, "_SHOWN", 1)
    (photos / "text.jpg").write_text("hello")
    files = ["--json", str(tmp_path / "pairs.json"), "--html", str(tmp_path / "pairs.html")]
    assert main(["scan", str(photos), "--cache", str(cache), "--budget", "1", *files]) == 0
    printed = capsys.readouterr()
    assert "below/five.png" in printed.out
    assert "too few pictures to measure a budget" in printed.out
    assert "1 picture files could not be read" in printed.err
    document = json.loads((tmp_path / "pairs.json").read_text())
    assert document["pictures"] == document["searched"] == COUNT + 2
    first = document["pairs"][0]
    assert {Path(first["first"]).name, Path(first["second"]).name} == {"05.png", "five.png"}
    assert (first["rank"], first["accepted"], first["found_by"]["sha256"]) == (1, True, 1)
    assert [one["reason"] for one in document["failures"]] == ["not_an_image"]
    assert (tmp_path / "pairs.html").read_text().count("<li>") == len(document["pairs"])


def test_odd_names_are_printed_as_they_are_and_harm_nothing(
    photos: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (b"[red]markup[bold].png", b"caf\xe9\x1b[31m.png"):
        drawn(3).resize((70, 50)).save(photos / os.fsdecode(name))
    assert main(["find", str(photos / "03.png"), str(photos), "--cache", str(cache)]) == 0
    printed = capsys.readouterr().out
    assert "[red]markup[bold].png" in printed
    assert "caf?" in printed
    assert "\x1b[31m" not in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scan", "nowhere"], "nowhere cannot be read"),
        (["find", "nowhere.png", "."], "nowhere.png cannot be read"),
        (["scan", ".", "--train"], "at least 500"),
    ],
)
def test_errors_are_one_sentence(
    photos: Path, cache: Path, arguments: list[str], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "iiif_dedup", *arguments, "--cache", str(cache)],
        capture_output=True, text=True, check=False, timeout=60, cwd=photos,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["scan"], ["scan", ".", "--budget", "0"], ["find", "a", "b", "--limit", "0"]]
)
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_ctrl_c_ends_it_quietly(
    photos: Path, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Folder, "scan", interrupt)
    assert main(["scan", str(photos), "--cache", str(cache)]) == 130
    assert "stopped" in capsys.readouterr().err


def test_the_package_is_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "iiif_dedup", "--version"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == "0.1.0"
