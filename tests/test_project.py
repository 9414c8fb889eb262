"""What holds for the project as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=True, cwd=REPOSITORY, timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["iiif_dedup", "iiif_dedup.settings", "api", "workers.queues"])
def test_starting_does_not_load_torch(module: str) -> None:
    loaded = python(f"import sys, {module}; print('torch' in sys.modules)")
    assert loaded == "False"


def test_every_dependency_is_pinned_and_has_its_reason() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    reasons = (REPOSITORY / "docs/adr/0002-dependencies.md").read_text().lower()
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (REPOSITORY / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    extras = project["optional-dependencies"]
    chosen = [*extras["service"], *extras["dev"], *extras["interop"]]
    for requirement in [*project["dependencies"], *chosen]:
        name = re.split(r"[\[<>=~! ]", requirement)[0].lower()
        assert name.replace("_", "-") in pins, f"{name} is not pinned in constraints.txt"
        if not name.startswith("types-"):
            assert name in reasons, f"{name} has no reason in docs/adr/0002-dependencies.md"


def test_every_make_target_is_in_the_help() -> None:
    text = (REPOSITORY / "Makefile").read_text()
    helped = set(re.findall(r"^([a-z0-9-]+):.*## ", text, re.MULTILINE))
    assert {"demo", "test", "check", "setup", "bench-paper"} <= helped


def test_the_architecture_page_names_every_folder_of_the_engine() -> None:
    page = (REPOSITORY / "docs/explanation/architecture.md").read_text()
    for folder in ("store", "process", "search", "publish", "fetch"):
        assert f"iiif_dedup/{folder}/" in page
