"""The unrolled wall of a vessel: decoration, firing and damage as one picture.

Columns go once around the axis (column 0 faces the viewer), rows from the lip down the outline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from demo.vessels.artefact import BLACK_FIGURE, BLACK_GLAZE, Artefact
from demo.vessels.damage import damage
from demo.vessels.motifs import MOTIFS
from demo.vessels.ornament import ORNAMENTS
from demo.vessels.pen import CHIP, CLAY, CRACK, DILUTE, GLAZE, PLASTER, PURPLE, WHITE, Pen
from demo.vessels.profile import Profile

COLUMNS: Final = 2048
ROWS: Final = 1024
FIRING_STEP: Final = 4
"""Columns and rows of the wall that share one value of firing."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A decorated wall.

    Attributes:
        profile: The outline it covers.
        inks: Palette entries, shape (ROWS, COLUMNS), uint8.
        firing: Brightness, 128 is even, shape (ROWS, COLUMNS) / FIRING_STEP, uint8.
        palette: sRGB and gloss (0-255) of every ink, shape (8, 4), uint8.
    """

    profile: Profile
    inks: NDArray[np.uint8]
    firing: NDArray[np.uint8]
    palette: NDArray[np.uint8]


@lru_cache(maxsize=4)
def draw_wall(artefact: Artefact) -> Wall:
    """Return the wall of `artefact`; the last few are kept, since pictures come in groups."""
    profile = artefact.profile()
    painter = _Painter(artefact, profile)
    painter.paint()
    damage(painter.draw, (COLUMNS, ROWS), artefact.generator("damage"))
    return Wall(
        profile=profile,
        inks=np.asarray(painter.picture),
        firing=_mottling(artefact.generator("firing"), 34, (40, 14)),
        palette=_palette(artefact),
    )


class _Painter:
    """Paints one vessel zone by zone."""

    def __init__(self, artefact: Artefact, profile: Profile) -> None:
        self._artefact = artefact
        self._scheme = artefact.workshop
        self._profile = profile
        dark = self._scheme.technique != BLACK_FIGURE
        self._ground = GLAZE if dark else CLAY
        self._ink = CLAY if dark else GLAZE
        self.picture = Image.new("L", (COLUMNS, ROWS), GLAZE)
        self.draw = ImageDraw.Draw(self.picture)

    def paint(self) -> None:
        """Paint everything."""
        scheme = self._scheme
        low, high = self._profile.frieze
        if scheme.technique == BLACK_GLAZE:
            self._glazed(low, high)
        else:
            if scheme.technique == BLACK_FIGURE and not scheme.panel:
                self._fill(self._profile.parts["body"][0], high + 0.12, CLAY)
            self._foot_zone(low)
            self._figures(low, high)
            self._band(scheme.below, low - scheme.band, low, reserved=True)
            self._band(scheme.above, high, high + scheme.band, reserved=True)
        for part in ("neck", "shoulder"):
            if part in self._profile.parts and scheme.neck != "plain":
                bottom, top = self._profile.parts[part]
                inset = (top - bottom) * 0.12
                self._band(scheme.neck, bottom + inset, top - inset, reserved=self._ground == CLAY)
        for part in ("foot", "lip"):
            bottom, top = self._profile.parts[part]
            self._fill(bottom, top, GLAZE)
        foot_top = self._profile.parts["foot"][1]
        self._line(foot_top, CLAY)
        self._line(self._profile.parts["lip"][0], CLAY)

    def _glazed(self, low: float, high: float) -> None:
        """Plain black gloss with ribs or a few reserved and added bands."""
        rng = self._artefact.generator("glaze")
        scheme = self._scheme
        if scheme.panel:
            ribs = int(rng.integers(36, 64))
            top, bottom = self._y(high), self._y(low)
            for k in range(ribs):
                x = (k + 0.5) * COLUMNS / ribs
                self.draw.line([(x, top), (x, bottom)], fill=DILUTE, width=7)
        self._band(scheme.above, high, high + scheme.band * 1.4, reserved=False, ink=WHITE)
        self._line(low, CLAY)
        for _ in range(int(rng.integers(0, 3))):
            self._line(float(rng.uniform(low * 0.6, low)), CLAY)

    def _foot_zone(self, low: float) -> None:
        scheme = self._scheme
        bottom = self._profile.parts["body"][0]
        top = min(low - scheme.band * 1.6, bottom + 0.13)
        if scheme.foot != "plain" and top - bottom > 0.03:
            self._fill(bottom, top, CLAY)
            self._band(scheme.foot, bottom, top, reserved=True)
        if scheme.technique == BLACK_FIGURE and low - scheme.band > top:
            self._fill(top, low - scheme.band, GLAZE)
            self._line((top + low - scheme.band) / 2, CLAY)

    def _figures(self, low: float, high: float) -> None:
        """The main picture: both sides, in panels or as a frieze."""
        subjects = list(self._artefact.subjects())
        rng = self._artefact.generator("figures")
        half = 52.0 if self._scheme.panel else 90.0
        y0, y1 = self._y(low), self._y(high)
        for side, centre in enumerate((0.0, 180.0)):
            x0, x1 = ((centre + edge) / 360 * COLUMNS for edge in (-half, half))
            if self._scheme.panel:
                self._box(x0, y1, x1, y0, self._ground)
                for x in (x0, x1):
                    self._box(x - 4, y1, x + 4, y0, self._ink)
            self._row(subjects[side * 8 :], rng, (x0, x1), (y0, y1))

    def _row(
        self,
        subjects: Sequence[str],
        rng: np.random.Generator,
        across: tuple[float, float],
        upright: tuple[float, float],
    ) -> None:
        """Stand figures side by side between two columns."""
        unit_y = (upright[0] - upright[1]) * 0.94
        middle = self._profile.radius_at(sum(self._profile.frieze) / 2)
        unit_x = unit_y * self._profile.length / ROWS * COLUMNS / (2 * np.pi * middle)
        room = (across[1] - across[0]) / unit_x - 0.1
        chosen: list[str] = []
        for name in subjects:
            if chosen and sum(MOTIFS[n].width for n in [*chosen, name]) > room * 1.05:
                break
            chosen.append(name)
        widths = [MOTIFS[name].width for name in chosen]
        shrink = min(1.0, room / sum(widths))
        gap = max(0.0, room - sum(widths) * shrink) / len(chosen)
        x = 0.05 + gap / 2
        towards = bool(rng.random() < 0.5)
        for number, (name, width) in enumerate(zip(chosen, widths, strict=True)):
            x += width * shrink / 2
            nudge = float(rng.uniform(-0.3, 0.3)) * gap
            mirrored = number >= len(chosen) / 2 if towards else bool(rng.random() < 0.35)
            self._stamp(
                name, rng, across[0] + (x + nudge) * unit_x, upright[0],
                (unit_x * shrink, unit_y * (0.55 + 0.45 * shrink)), mirrored=mirrored,
            )  # fmt: skip
            x += width * shrink / 2 + gap

    def _stamp(
        self,
        name: str,
        rng: np.random.Generator,
        x: float,
        y: float,
        scale: tuple[float, float],
        *,
        mirrored: bool,
    ) -> None:
        """Draw a figure, twice where it crosses the seam of the unrolled wall."""
        state = rng.bit_generator.state
        for shift in (0, COLUMNS, -COLUMNS):
            if -COLUMNS / 4 < x + shift < COLUMNS * 5 / 4:
                rng.bit_generator.state = state
                pen = Pen(self.draw, (x + shift, y), scale, mirrored=mirrored)
                MOTIFS[name].draw(pen, rng, self._ink, self._ground)

    def _band(
        self, name: str, low: float, high: float, *, reserved: bool, ink: int | None = None
    ) -> None:
        """An ornament between two heights, black on clay if `reserved`, else clay on black."""
        if name == "plain" or high - low < 0.008:
            return
        ground = CLAY if reserved else GLAZE
        tone = ink if ink is not None else (GLAZE if reserved else CLAY)
        ornament = ORNAMENTS[name]
        top, bottom = self._y(high), self._y(low)
        height = bottom - top
        around = 2 * np.pi * self._profile.radius_at((low + high) / 2)
        tall = height * self._profile.length / ROWS
        pairs = max(3, round(around / (ornament.width * tall * 2)))
        cell = max(8, round(COLUMNS / pairs / 2))
        tile = Image.new("L", (2 * cell, max(4, round(height))), ground)
        scale = (cell / ornament.width, height * 0.84)
        for number in (-1, 0, 1, 2):
            pen = Pen(ImageDraw.Draw(tile), (number * cell, height * 0.92), scale)
            ornament.draw(pen, number, tone, ground)
        strip = Image.new("L", (2 * cell * pairs, tile.height))
        for number in range(pairs):
            strip.paste(tile, (2 * cell * number, 0))
        strip = strip.resize((COLUMNS, tile.height), Image.Resampling.NEAREST)
        self.picture.paste(strip, (0, round(top)))
        for edge in (low, high):
            self._line(edge, tone)

    def _fill(self, low: float, high: float, ink: int) -> None:
        self._box(0, self._y(high), COLUMNS, self._y(low), ink)

    def _line(self, height: float, ink: int) -> None:
        y = self._y(height)
        self._box(0, y - 2.5, COLUMNS, y + 2.5, ink)

    def _box(self, x0: float, y0: float, x1: float, y1: float, ink: int) -> None:
        self.draw.rectangle([x0, y0, x1, y1], fill=ink)
        if x0 < 0:
            self.draw.rectangle([x0 + COLUMNS, y0, x1 + COLUMNS, y1], fill=ink)

    def _y(self, height: float) -> float:
        return (1 - self._profile.row(height)) * ROWS


def _mottling(
    rng: np.random.Generator, strength: float, cells: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return smooth seamless noise around 128, shape (ROWS, COLUMNS) / FIRING_STEP, uint8."""
    noise = np.clip(rng.normal(128, strength, (cells[1], cells[0])), 0, 255).astype(np.uint8)
    noise[:, -1] = noise[:, 0]
    picture = Image.fromarray(noise).resize(
        (COLUMNS // FIRING_STEP, ROWS // FIRING_STEP), Image.Resampling.BICUBIC
    )
    return np.asarray(picture)


def _palette(artefact: Artefact) -> NDArray[np.uint8]:
    clay, glaze = artefact.workshop.clay, artefact.workshop.glaze
    pale = tuple(round(0.55 * c + 0.45 * 225) for c in clay)
    brown = tuple(round(0.35 * c + 0.65 * g) for c, g in zip(clay, glaze, strict=True))
    palette = np.zeros((8, 4), dtype=np.uint8)
    palette[CLAY] = (*clay, 70)
    palette[GLAZE] = (*glaze, 255)
    palette[WHITE] = (222, 208, 184, 40)
    palette[PURPLE] = (104, 38, 40, 120)
    palette[DILUTE] = (*brown, 200)
    palette[CHIP] = (*pale, 20)
    palette[CRACK] = (46, 32, 24, 10)
    palette[PLASTER] = (*(round(0.4 * c + 0.6 * 176) for c in clay), 15)
    return palette
