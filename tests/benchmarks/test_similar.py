from __future__ import annotations

import json
from pathlib import Path

from benchmarks.similar import main


def test_a_small_collection_is_measured(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    main(["--sizes", "20", "--queries", "3", "--work-dir", str(tmp_path), "--results", str(folder)])
    results = json.loads((folder / "similar.json").read_text())
    figures = results["sizes"]["20"]
    assert 0 < figures["p50_s"] <= figures["p95_s"] <= figures["longest_s"]
    assert figures["source_p50_s"] > 0
    assert figures["facet_p50_s"] > 0
    assert results["machine"]["numpy"]
