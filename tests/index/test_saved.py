"""Files that a kill, another version or a broken disk must not make into a wrong index."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iiif_dedup.index.saved import SavedFiles

CODE = "1"


def text(content: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(content)

    return write


def write(folder: Path, content: str, version: str = "v", code: str = CODE) -> None:
    files = SavedFiles(folder, version, code)
    files.write({"one": text(content), "two": text(content)}, {"content": content})


def read(folder: Path, version: str = "v", code: str = CODE) -> str | None:
    """Return what was written, None for nothing; both files must say the same."""
    saved = SavedFiles(folder, version, code).read()
    if saved is None:
        return None
    contents = {saved.facts["content"], *(path.read_text() for path in saved.files.values())}
    assert len(contents) == 1
    return str(contents.pop())


def only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def test_what_was_written_last_is_read(tmp_path: Path) -> None:
    assert read(tmp_path / "new") is None
    write(tmp_path / "new", "a")
    assert read(tmp_path / "new") == "a"
    write(tmp_path / "new", "b")
    assert read(tmp_path / "new") == "b"
    assert len(list((tmp_path / "new").iterdir())) == 3


def test_other_versions_are_not_read_and_go_away(tmp_path: Path) -> None:
    write(tmp_path, "a", version="v")
    assert read(tmp_path, version="w") is None
    assert read(tmp_path, code="2") is None
    write(tmp_path, "b", version="w")
    assert read(tmp_path, version="v") is None
    assert read(tmp_path, version="w") == "b"


def test_a_version_names_no_other_folder(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, "a", version="../../x/ü*")
    assert read(folder, version="../../x/ü*") == "a"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: os.truncate(path, path.stat().st_size // 2),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(os.urandom(path.stat().st_size)),
    ],
    ids=["missing", "truncated", "empty", "foreign"],
)
@pytest.mark.parametrize("pattern", ["*.one", "*.two", "*.json"])
def test_a_broken_file_counts_as_none(
    tmp_path: Path, spoil: Callable[[Path], None], pattern: str
) -> None:
    write(tmp_path, "a" * 100)
    spoil(only(tmp_path, pattern))
    assert read(tmp_path) is None
    write(tmp_path, "b")
    assert read(tmp_path) == "b"


@pytest.mark.parametrize(
    "manifest", ["[]", "{}", '{"files": 3, "facts": {}}', '{"files": {"one": {}}, "facts": {}}']
)
def test_a_foreign_manifest_counts_as_none(tmp_path: Path, manifest: str) -> None:
    write(tmp_path, "a")
    only(tmp_path, "*.json").write_text(manifest)
    assert read(tmp_path) is None


def test_a_manifest_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, "a")
    manifest = only(folder, "*.json")
    content = json.loads(manifest.read_text())
    file = folder / content["files"]["one"]["file"]
    file.rename(tmp_path / "elsewhere")
    content["files"]["one"]["file"] = "../elsewhere"
    manifest.write_text(json.dumps(content))
    assert read(folder) is None


def test_a_writing_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path, "a")

    def fail(path: Path) -> None:
        path.write_text("b")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        SavedFiles(tmp_path, "v", CODE).write({"one": text("b"), "two": fail}, {"content": "b"})
    assert read(tmp_path) == "a"


WRITER = """
import sys
from pathlib import Path
from tests.index.test_saved import write
for number in range(10**6):
    write(Path(sys.argv[1]), str(number) * 20_000)
    print(number, flush=True)
"""


@pytest.mark.kill
def test_a_kill_leaves_the_old_files_or_the_new(tmp_path: Path) -> None:
    moments = random.Random(5)
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert writer.stdout is not None
        with writer.stdout:
            assert writer.stdout.readline() == "0\n"
            time.sleep(moments.uniform(0, 0.05))
            os.kill(writer.pid, signal.SIGKILL)
            *_, last = [0, *map(int, writer.stdout.read().split())]
        assert writer.wait() == -signal.SIGKILL
        found = read(tmp_path)
        assert found in {str(last) * 20_000, str(last + 1) * 20_000}
    write(tmp_path, "b")
    assert len(list(tmp_path.iterdir())) == 3
