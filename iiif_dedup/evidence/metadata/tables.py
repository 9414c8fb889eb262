"""Reads the package's tables: tab-separated lines, `#` before a comment."""

from __future__ import annotations

from importlib.resources import files


def rows(name: str, *, columns: int) -> list[list[str]]:
    """Return the rows of the table `name`, each with `columns` cells.

    Raises:
        ValueError: A line has another number of cells; the package is damaged.
    """
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line and not line.startswith("#"):
            cells = line.split("\t")
            if len(cells) != columns:
                raise ValueError(
                    f"{name}, line {number}: expected {columns} cells, got {len(cells)}; "
                    f"install the package again."
                )
            found.append(cells)
    return found
