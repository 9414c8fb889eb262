from __future__ import annotations

import json
from pathlib import Path

from benchmarks.report import machine, write_results


def test_results_are_readable_and_rounded(tmp_path: Path) -> None:
    path = write_results("x", {"κ": [1 / 3, (1, True, None)], "n": {"m": 1e9 / 3}}, tmp_path)
    assert path.name == "x.json"
    assert "κ" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "κ": [0.333333, [1, True, None]],
        "n": {"m": 333333000.0},
    }


def test_the_machine_says_what_figures_depend_on() -> None:
    assert {"cpu", "cores", "torch", "python"} <= set(machine())
