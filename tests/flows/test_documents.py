"""What the tutorial and the readme tell a person to type, typed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from demo.client import ServiceClient
from demo.service import running_service
from iiif_dedup.settings import describe_settings
from iiif_dedup.store.ids import record_id, stable_id
from tests.flows.small_partner import BROKEN_RECORD, SmallPartner
from tests.library.pictures import drawn
from tests.workers.ports import free_port

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TUTORIAL = REPOSITORY / "docs/tutorial/first-collection.md"
README = REPOSITORY / "README.md"
OPERATORS_GUIDE = REPOSITORY / "docs/how-to/keep-harvesting.md"
FOLDER_GUIDE = REPOSITORY / "docs/how-to/find-duplicates-in-a-folder.md"


@pytest.fixture(scope="module")
def partner() -> Iterator[SmallPartner]:
    with SmallPartner() as partner:
        yield partner


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(data_dir: Path) -> Iterator[ServiceClient]:
    with running_service(data_dir, free_port(), data_dir / "service.log") as client:
        client.wait_until_healthy()
        yield client


class Shell:
    """Types commands with the names of the documents replaced by those of the test."""

    def __init__(self, client: ServiceClient, partner: SmallPartner, data_dir: Path) -> None:
        collection = f"{partner.base_url}/north/collection.json"
        manifest = f"{partner.base_url}/north/n1/manifest.json"
        self.replacements = {
            ".venv/bin/": f"{Path(sys.executable).parent}/",
            "https://iiif.example.org/collection.json": (
                f"""{collection} --politeness '{{"allow_loopback": true, "delay_s": 0}}'"""
            ),
            "https://iiif.example.org/vase-1/manifest.json": manifest,
            "http://127.0.0.1:8001/north/n0019/manifest.json": manifest,
            "http://127.0.0.1:8000": client.base_url,
            "RECORD": record_id("city-museum", manifest),
            "et6mhdvh5h3twpdoatpz": record_id("city-museum", manifest),
        }
        self._environment = {
            **os.environ,
            "IIIF_DEDUP_DATA_DIR": str(data_dir),
            "IIIF_DEDUP_PORT": client.base_url.rsplit(":", 1)[1],
        }

    def type(self, command: str) -> str:
        for old, new in self.replacements.items():
            command = command.replace(old, new)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env=self._environment, cwd=REPOSITORY, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def test_the_tutorial_ends_with_a_result(
    client: ServiceClient, partner: SmallPartner, data_dir: Path
) -> None:
    shell = Shell(client, partner, data_dir)
    blocks = re.findall(r"(?:^ {7}.*\n)+", TUTORIAL.read_text(), re.MULTILINE)
    start, add, harvest, ask = blocks
    assert "serve" in start, "the fixture has done this already"
    shell.type(add)
    shell.type(harvest)
    pictures = client.get("/jobs", kind="process_images")["items"]
    client.watch([f"/jobs/{job['id']}" for job in pictures], lambda done, total: None)
    found, clones = shell.type(ask).replace("}\n{", "}\x00{").split("\x00")
    assert json.loads(found)["items"]
    assert json.loads(clones)["status"] == "searched"


def test_the_readme_shows_what_the_service_answers(
    client: ServiceClient, partner: SmallPartner, data_dir: Path
) -> None:
    """On what the tutorial harvested and searched."""
    shell = Shell(client, partner, data_dir)
    conversation = re.findall(r"```console\n(.*?)```", README.read_text(), re.DOTALL)
    assert conversation
    for block in conversation:
        command, _, shown = block.removeprefix("$ ").partition("\n")
        answer = shell.type(command)
        assert _shape(json.loads(shown)) <= _shape(json.loads(answer)), command


def test_the_folder_guide_finds_the_duplicate(tmp_path: Path) -> None:
    text = FOLDER_GUIDE.read_text()
    codes = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    commands = re.findall(r"^\$ \.venv/bin/python (.+)$", text, re.MULTILINE)
    examples = [["-c", code] for code in codes] + [command.split() for command in commands]
    assert len(examples) == 4
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(8):
        drawn(number).save(photos / f"{number}.png")
    drawn(5).resize((100, 80)).save(tmp_path / "vase.jpg")
    drawn(6).resize((70, 50)).save(photos / "six-again.jpg")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for example in examples:
        done = subprocess.run(
            [sys.executable, *example], cwd=tmp_path, env=environment, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{example}\n{done.stdout}\n{done.stderr}"
        assert "5.png" in done.stdout or "six-again.jpg" in done.stdout, example
    assert "six-again.jpg" in (tmp_path / "pairs.html").read_text()
    assert json.loads((tmp_path / "pairs.json").read_text())["pairs"]
    assert "vase.jpg" in (tmp_path / "vase.html").read_text()


def test_all_that_is_published_is_valid(client: ServiceClient, shared: Path) -> None:
    """Against a schema that others wrote."""
    schema = json.loads((shared / "interop/iiif_presentation_3/iiif_3_0.json").read_text())
    validator = Draft7Validator(schema)
    records = [record for page in client.pages("/records") for record in page["items"]]
    assert records
    annotations = 0
    for record in records:
        manifest = client.get(f"/iiif/records/{record['id']}/manifest")
        assert not list(validator.iter_errors(manifest)), manifest["id"]
        for canvas in manifest["items"]:
            for reference in canvas["annotations"]:
                page = client.get(reference["id"])
                assert not list(validator.iter_errors(page)), page["id"]
                annotations += len(page["items"])
    assert annotations


def test_the_readme_lists_the_settings_that_there_are() -> None:
    rows = re.findall(r"^\| `(IIIF_DEDUP_[A-Z_]+)` \| (.*?) \| (.*?) \|$", README.read_text(), re.M)
    expected = [
        (line.variable, f"`{line.default}`" if line.default else "", line.meaning)
        for line in describe_settings({})
    ]
    assert rows == expected


def test_the_settings_page_is_made_anew() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "api", "settings", "--markdown"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert (REPOSITORY / "docs/reference/settings.md").read_text() == made.stdout


def test_the_operators_guide(client: ServiceClient, partner: SmallPartner, data_dir: Path) -> None:
    """It removes its source in the end, so other tests come before."""
    shell = Shell(client, partner, data_dir)
    broken = f"{partner.base_url}{BROKEN_RECORD}"
    whole = f"{partner.base_url}/harbour/h1/manifest.json"
    shell.replacements |= {
        "https://iiif.example.org/harbour/collection.json": (
            f"""{partner.base_url}/harbour/collection.json """
            """--politeness '{"allow_loopback": true, "delay_s": 0}'"""
        ),
        "https://new.example.org/": f"{partner.base_url}/harbour/",
        "HARVEST": stable_id("harbour-museum", "1"),
        "RECORD": record_id("harbour-museum", whole),
    }
    commands = re.findall(r"^\$ (.+)$", OPERATORS_GUIDE.read_text(), re.MULTILINE)
    said = {command: shell.type(command) for command in commands}

    def answer(part: str) -> str:
        (found,) = (text for command, text in said.items() if part in command)
        return found

    assert "iiif_collection: 9 records" in answer("sources preview")
    report = answer("harvests show")
    assert "not_a_manifest" in report or "invalid_manifest" in report
    assert broken.rpartition("/")[2] in report
    assert json.loads(answer("migrate")) == {"known": 8, "matched": {}, "new": 0, "left": 0}
    assert "Removed:" in answer("sources remove")
    left = client.get("/records", source="harbour-museum")["items"]
    assert {item["state"] for item in left} == {"deleted"}


def _shape(value: Any, path: str = "") -> set[str]:
    """Return the paths of all keys; those of lists' items count once."""
    if isinstance(value, dict):
        return {path}.union(*(_shape(item, f"{path}.{key}") for key, item in value.items()))
    if isinstance(value, list):
        return {path}.union(*(_shape(item, f"{path}[]") for item in value))
    return {path}
