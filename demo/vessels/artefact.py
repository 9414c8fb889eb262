"""What makes one vessel: the workshop's scheme, and the one potter's and painter's hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from demo.seeding import generator
from demo.vessels.motifs import MOTIFS
from demo.vessels.profile import Profile, make_profile
from demo.vessels.shapes import SHAPES

BLACK_FIGURE: Final = "black-figure"
RED_FIGURE: Final = "red-figure"
BLACK_GLAZE: Final = "black-glaze"

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all vessels of one workshop share: shape, technique, scheme of decoration, palette.

    Attributes:
        shape: Key of `SHAPES`.
        technique: One of the three constants above.
        clay: sRGB of the fired clay; so `glaze` of the black gloss.
        repertoire: Keys of `MOTIFS` that the painters like.
        above: Key of `ORNAMENTS` for the band over the main picture; so `below`, `neck`, `foot`.
        panel: Whether the picture stands in a panel instead of running round.
        band: Height of an ornament band in vessel heights.
    """

    shape: str
    technique: str
    clay: Colour
    glaze: Colour
    repertoire: tuple[str, ...]
    above: str
    below: str
    neck: str
    foot: str
    panel: bool
    band: float


@dataclass(frozen=True, slots=True)
class Artefact:
    """One vessel: a workshop, and the seed of everything that is its own.

    Its own are proportions, the arrangement and poses of the figures, firing and damage.
    """

    workshop: Workshop
    seed: str

    def generator(self, aspect: str) -> np.random.Generator:
        """Return the generator for one aspect of this vessel, such as "profile"."""
        return generator("artefact", self.seed, aspect)

    def profile(self) -> Profile:
        """Return the vessel's outline."""
        return make_profile(SHAPES[self.workshop.shape], self.generator("profile"))

    def subjects(self) -> tuple[str, ...]:
        """Return the kinds of figures in order around the vessel, starting at the front."""
        rng = self.generator("subjects")
        repertoire = list(self.workshop.repertoire)
        return tuple(str(rng.choice(repertoire)) for _ in range(16))


def make_workshop(*key: str | int) -> Workshop:
    """Return the workshop that belongs to `key`."""
    rng = generator("workshop", *key)
    technique = str(rng.choice([BLACK_FIGURE, RED_FIGURE, BLACK_GLAZE], p=[0.42, 0.42, 0.16]))
    size = int(rng.integers(2, 4))
    bands = [
        "meander",
        "tongues",
        "ivy",
        "laurel",
        "palmettes",
        "lotus",
        "dots",
        "checker",
        "waves",
    ]
    clay = rng.normal((196, 112, 62), (14, 11, 9))
    glaze = np.full(3, rng.uniform(20, 38)) + rng.normal((4, 0, -1), 2.5)
    return Workshop(
        shape=str(rng.choice(list(SHAPES))),
        technique=technique,
        clay=_colour(clay),
        glaze=_colour(glaze),
        repertoire=tuple(str(name) for name in rng.choice(list(MOTIFS), size, replace=False)),
        above=str(rng.choice(bands)),
        below=str(rng.choice([*bands, "meander", "meander"])),
        neck=str(rng.choice(["palmettes", "lotus", "ivy", "net", "plain", "plain"])),
        foot=str(rng.choice(["rays", "rays", "plain", "net"])),
        panel=bool(rng.random() < 0.4),
        band=float(rng.uniform(0.028, 0.045)),
    )


def _colour(values: np.ndarray) -> Colour:
    red, green, blue = (int(v) for v in np.clip(np.rint(values), 0, 255))
    return red, green, blue
