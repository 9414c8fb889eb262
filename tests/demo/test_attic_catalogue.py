"""The demo's JSON catalogue, asked over HTTP."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from demo.attic_catalogue import WITHDRAWN, AtticCatalogue

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def catalogue() -> Iterator[AtticCatalogue]:
    with AtticCatalogue(vessels=20) as here:
        yield here


def test_pages_hold_what_they_say(catalogue: AtticCatalogue) -> None:
    first = requests.get(f"{catalogue.url}?per_page=15&page=1", timeout=10).json()
    second = requests.get(f"{catalogue.url}?per_page=15&page=2", timeout=10).json()
    assert first["meta"] == {"total": 20, "page": 1, "per_page": 15}
    numbers = [vessel["id"] for vessel in first["vessels"] + second["vessels"]]
    assert numbers == list(range(1, 21))
    assert first["vessels"][WITHDRAWN - 1]["status"] == "withdrawn"
    odd = requests.get(f"{catalogue.url}?page=x&per_page=-1", timeout=10).json()
    assert odd["meta"] == {"total": 20, "page": 1, "per_page": 50}


@pytest.mark.parametrize(
    "path", ["/vessels/13", "/vessels/21", "/images/1-9.jpg", "/images/x", "/"]
)
def test_nothing_else_is_there(catalogue: AtticCatalogue, path: str) -> None:
    base = catalogue.url.removesuffix("/api/vessels")
    assert requests.get(base + path, timeout=10).status_code == 404
    assert requests.get(f"{base}/vessels/1", timeout=10).ok


def test_it_serves_until_its_input_closes() -> None:
    command = [sys.executable, "-m", "demo.attic_catalogue", "--port", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = process.stdout.readline().strip()
        assert requests.get(url, params={"per_page": 1}, timeout=10).json()["meta"]["total"] == 60
        process.stdin.close()
        assert process.wait(timeout=20) == 0
