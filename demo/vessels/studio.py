"""How an institution photographs: its backgrounds, its lamps, and which views it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from demo.seeding import generator
from demo.vessels.artefact import Artefact
from demo.vessels.photograph import Photograph
from demo.vessels.shading import Light
from demo.vessels.shapes import SHAPES


@dataclass(frozen=True, slots=True)
class Studio:
    """An institution's habits.

    Attributes:
        backgrounds: Keys of `setting.BACKGROUNDS` it uses.
        grey: Share of black-and-white prints.
        props: Share of pictures with scale bar.
        lamp_right: Usual direction of the lamp, negative is left.
        warmth: Usual colour of the light, -1 bluish to 1 yellowish.
        care: How steady and clean its pictures are, 0-1.
    """

    backgrounds: tuple[str, ...]
    grey: float
    props: float
    lamp_right: float
    warmth: float
    care: float


STUDIOS: Final[Mapping[str, Studio]] = {
    "north": Studio(("grey", "grey", "white", "beige"), 0.05, 0.5, -0.7, 0.1, 0.9),
    "harbour": Studio(("black", "cloth", "blue", "grey"), 0.1, 0.25, 0.7, 0.5, 0.5),
    "archive": Studio(("white", "grey", "beige"), 0.65, 0.35, -0.3, -0.3, 0.2),
}


def take_photographs(
    artefact: Artefact, studio: Studio, seed: str
) -> tuple[tuple[str, Photograph], ...]:
    """Return one to three labelled photographs of `artefact`; the first shows its front whole."""
    rng = generator("studio", seed)
    views = ["Front"]
    if rng.random() < 0.35:
        views.append("Reverse")
    if rng.random() < 0.15:
        views.append("Detail")
    grey = bool(rng.random() < studio.grey)
    background = str(rng.choice(list(studio.backgrounds)))
    return tuple(
        (view, _photograph(artefact, studio, view, f"{seed}/{view}", background, grey=grey))
        for view in views
    )


def _photograph(
    artefact: Artefact, studio: Studio, view: str, seed: str, background: str, *, grey: bool
) -> Photograph:
    rng = generator("camera", seed)
    width, height = _format(artefact, rng)
    shake = 1.3 - studio.care
    detail = view == "Detail"
    low, high = SHAPES[artefact.workshop.shape].frieze
    return Photograph(
        artefact=artefact,
        seed=seed,
        width=width,
        height=height,
        rotation=_round(rng.uniform(-25, 25)) + (180 if view == "Reverse" else 0),
        elevation=_round(rng.uniform(3, 12)),
        roll=_round(np.clip(rng.normal(0, 1.6 * shake), -4, 4)),
        zoom=_round(rng.uniform(1.5, 2.1) if detail else rng.uniform(0.86, 1.1)),
        shift=(_round(rng.normal(0, 0.02 * shake)), _round(0.01 + rng.normal(0, 0.015 * shake))),
        focus=_round((low + high) / 2 if detail else 0.5),
        keystone=_round(rng.normal(0.0, 0.04 * shake)),
        light=_light(studio, rng),
        background=background,
        tone=_round(rng.uniform(0.85, 1.1)),
        props=bool(not detail and rng.random() < studio.props),
        dust=_round(rng.uniform(0, 0.9) * shake),
        grain=_round(rng.uniform(1, 3) + (3 * shake if grey else 0)),
        blur=_round(0.45 + rng.uniform(0, 0.5) * shake),
        grey=grey,
        quality=int(rng.integers(78, 94)),
    )


def _format(artefact: Artefact, rng: np.random.Generator) -> tuple[int, int]:
    """Return width and height in pixels that suit the shape."""
    if artefact.workshop.shape == "kylix":
        formats = [(680, 500), (640, 520)]
    elif "krater" in artefact.workshop.shape or artefact.workshop.shape == "skyphos":
        formats = [(560, 560), (520, 620), (580, 540)]
    else:
        formats = [(520, 660), (500, 660), (480, 640)]
    return formats[int(rng.integers(len(formats)))]


def _light(studio: Studio, rng: np.random.Generator) -> Light:
    return Light(
        right=_round(studio.lamp_right + rng.normal(0, 0.35)),
        toward=_round(rng.uniform(0.5, 0.9)),
        up=_round(rng.uniform(0.4, 0.9)),
        strength=_round(rng.uniform(0.75, 1.05)),
        ambient=_round(rng.uniform(0.28, 0.45)),
        gloss=_round(rng.uniform(0.5, 1.1)),
        warmth=_round(np.clip(studio.warmth + rng.normal(0, 0.3), -1, 1)),
    )


def _round(value: float) -> float:
    """Return few digits, so that a photograph's text is the same on every machine."""
    return round(float(value), 4)
