"""Contact sheets: some queries of a set, and what each method found nearest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from iiif_dedup.evaluation.haystack import Findings, Haystack, QuerySet

_SIDE, _FRAME, _LABEL = 112, 4, 130
_SHOWN, _QUERIES = 10, 8
_RELEVANT, _STRANGER, _PAPER = "#18a018", "#b0b0b0", "white"


def draw_sheet(
    path: Path,
    haystack: Haystack,
    queries: QuerySet,
    found: Mapping[str, Findings],
    *,
    seed: int,
) -> None:
    """Write a PNG with a block for each of up to eight queries, drawn at random.

    A block holds a line for each method: its name, the query, and its ten nearest pictures,
    those of the same thing framed green.
    """
    count = min(_QUERIES, len(queries.queries))
    chosen = np.sort(np.random.default_rng(seed).permutation(len(queries.queries))[:count])
    width = _LABEL + (1 + _SHOWN) * _SIDE
    sheet = Image.new("RGB", (width, count * len(found) * _SIDE), _PAPER)
    pen = ImageDraw.Draw(sheet)
    thumbnails: dict[int, Image.Image] = {}

    def paste(row: int, column: int, line: int, colour: str) -> None:
        if row not in thumbnails:
            thumbnails[row] = _thumbnail(haystack.pictures[row].path)
        framed = ImageOps.expand(thumbnails[row], _FRAME, colour)
        sheet.paste(framed, (_LABEL + column * _SIDE, line * _SIDE))

    for block, place in enumerate(chosen):
        relevant = set(queries.relevant[place].tolist())
        for step, (method, findings) in enumerate(found.items()):
            line = block * len(found) + step
            pen.text((4, line * _SIDE + 4), method, fill="black")
            if step == 0:
                paste(int(queries.queries[place]), 0, line, "black")
            for column, row in enumerate(findings.top[place][:_SHOWN].tolist(), start=1):
                paste(row, column, line, _RELEVANT if row in relevant else _STRANGER)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, compress_level=1)


def _thumbnail(path: Path) -> Image.Image:
    inner = _SIDE - 2 * _FRAME
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return ImageOps.pad(upright, (inner, inner), color=_PAPER)
