"""What docs/explanation/hostile-servers.md says becomes of each case."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "explanation" / "hostile-servers.md"
READ = "read"
NOTHING = "nothing"
"""A good list without members."""
PICTURES = "pictures"
"""Stands where a protocol does for what is fetched as a picture."""

_ROW = re.compile(r"^\| (?P<name>[^|]+) \| `(?P<usual>\w+)` \| (?P<exceptions>[^|]*)\|$", re.M)
_EXCEPTION = re.compile(r"(?P<door>[^,`]+) `(?P<outcome>\w+)`")


@cache
def documented(heading: str) -> dict[str, dict[str, str]]:
    """Return the outcomes that the document has below a heading: case → door → outcome.

    A protocol stands for all its doors, and "" for every door that is not named.
    """
    text = DOCUMENT.read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return {
        row["name"]: {
            "": row["usual"],
            **{
                found["door"].strip(): found["outcome"]
                for found in _EXCEPTION.finditer(row["exceptions"])
            },
        }
        for row in _ROW.finditer(section)
    }


def expected(heading: str, case: str, door: str) -> str:
    outcomes = documented(heading)[case]
    return outcomes.get(door) or outcomes.get(door.split(maxsplit=1)[0]) or outcomes[""]
