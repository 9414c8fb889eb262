"""Figures of the main picture: silhouettes one unit high, facing right, with inner lines.

`ink` fills the figure and `line` draws inside it: black with incised clay lines in black-figure,
clay with black lines in red-figure. Each figure varies with its generator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from demo.vessels import animals, people, things
from demo.vessels.pen import Pen

Draw = Callable[[Pen, np.random.Generator, int, int], None]


class Motif(NamedTuple):
    """A kind of figure: how much width it takes (in heights), its names, and how to draw it."""

    width: float
    names: Mapping[str, str]
    draw: Draw


MOTIFS: Final[Mapping[str, Motif]] = {
    "warrior": Motif(0.78, {"en": "warrior", "el": "πολεμιστής"}, people.warrior),
    "dancer": Motif(0.72, {"en": "dancer", "el": "χορεύτρια"}, people.dancer),
    "draped": Motif(0.5, {"en": "draped man", "el": "ιματιοφόρος"}, people.draped),
    "musician": Motif(0.66, {"en": "musician", "el": "μουσικός"}, people.musician),
    "horse": Motif(1.15, {"en": "horse", "el": "άλογο"}, animals.horse),
    "rider": Motif(1.15, {"en": "rider", "el": "ιππέας"}, animals.rider),
    "lion": Motif(1.2, {"en": "lion", "el": "λιοντάρι"}, animals.lion),
    "sphinx": Motif(0.9, {"en": "sphinx", "el": "σφίγγα"}, animals.sphinx),
    "bird": Motif(0.8, {"en": "bird", "el": "πουλί"}, animals.bird),
    "deer": Motif(0.95, {"en": "deer", "el": "ελάφι"}, animals.deer),
    "ship": Motif(1.75, {"en": "ship", "el": "πλοίο"}, things.ship),
    "dolphin": Motif(0.85, {"en": "dolphin", "el": "δελφίνι"}, animals.dolphin),
    "owl": Motif(0.5, {"en": "owl", "el": "κουκουβάγια"}, animals.owl),
    "tripod": Motif(0.55, {"en": "tripod", "el": "τρίποδας"}, things.tripod),
    "tree": Motif(0.5, {"en": "tree", "el": "δέντρο"}, things.tree),
    "eye": Motif(1.1, {"en": "eye", "el": "οφθαλμός"}, things.eye),
}
