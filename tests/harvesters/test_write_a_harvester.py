"""The harvester that docs/how-to/write-a-harvester.md shows, run as it stands there."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import harvesters
from harvesters.base import Harvester
from iiif_dedup.errors import Reason, SettingsError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import Checkpoint, Ending, Record, RecordFailure
from tests.harvesters.partner import Partner

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-harvester.md"
CODE = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]


@pytest.fixture
def line_list(monkeypatch: pytest.MonkeyPatch) -> type[Harvester]:
    module = ModuleType("harvesters.line_list")
    exec(compile(CODE, str(PAGE), "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "harvesters.line_list", module)
    line = "harvesters.line_list:LineListHarvester"
    monkeypatch.setitem(harvesters._REGISTRY, "line_list", line)
    return harvesters.get_harvester("line_list")


def test_it_takes_forty_lines() -> None:
    statements = [line for line in CODE.splitlines() if line.strip()]
    assert len(statements) <= 40


def test_it_harvests_and_goes_on(
    partner: Partner, fetcher: Fetcher, line_list: type[Harvester]
) -> None:
    lines = [f"{n}\tVase {n}\t/{n}.jpg" for n in range(50)]
    partner.pages["/list.txt"] = "\n".join([*lines, "odd", "x\ty\tjavascript:z"]).encode()
    harvester = line_list(partner.url("/list.txt"), {}, fetcher)
    events = list(harvester.harvest())
    records = [event for event in events if isinstance(event, Record)]
    assert len(records) == 50
    assert records[7].titles == {"none": ("Vase 7",)}
    assert records[7].images[0].url == partner.url("/7.jpg")
    failures = [event for event in events if isinstance(event, RecordFailure)]
    assert [failure.reason for failure in failures] == [Reason.NOT_A_RECORD] * 2
    assert events[-1] == Ending(whole=True)
    checkpoint = next(event for event in events if isinstance(event, Checkpoint))
    rest = list(harvester.harvest(checkpoint.state))
    assert [event for event in rest if isinstance(event, Record)] == records[20:]


def test_it_refuses_unknown_options(fetcher: Fetcher, line_list: type[Harvester]) -> None:
    with pytest.raises(SettingsError):
        line_list("https://museum.example/list.txt", {"colour": "red"}, fetcher)
