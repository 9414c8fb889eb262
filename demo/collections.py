"""The demo's dataset: three institutions, their records, planted pairs and look-alikes.

A planted pair is one vessel photographed for two institutions. A look-alike is another vessel of
the same workshop as a planted vessel: same shape, scheme and palette, other proportions,
figures and damage. All else is single. Everything follows from the seed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from demo.dataset import Dataset, DemoCollection, DemoImage, DemoRecord, record_path
from demo.seeding import generator
from demo.vessels.artefact import Artefact, make_workshop
from demo.vessels.studio import STUDIOS, take_photographs
from demo.wording import describe

PAIRS: Final = 44
LOOKALIKES: Final = 48
SINGLES: Final = 120

_COLLECTIONS: Final = {
    "north": (
        {"en": ("Vases of the Demo Museum North",), "el": ("Αγγεία του Δοκιμαστικού Μουσείου",)},
        "Demo Museum North",
        "http://creativecommons.org/licenses/by/4.0/",
    ),
    "harbour": (
        {"en": ("Pottery of the Demo Harbour Museum",)},
        "Demo Harbour Museum",
        "http://rightsstatements.org/vocab/InC-EDU/1.0/",
    ),
    "archive": (
        {"en": ("Demo University Photo Archive",), "el": ("Δοκιμαστικό Φωτογραφικό Αρχείο",)},
        "Demo University Photo Archive",
        "http://creativecommons.org/publicdomain/mark/1.0/",
    ),
}


@dataclass(slots=True)
class _Place:
    """A record to be made: where, and of which vessel."""

    collection: str
    artefact: Artefact
    path: str = ""


def vessel_dataset(seed: int) -> Dataset:
    """Return the dataset of `seed`; no picture is rendered yet."""
    rng = generator("dataset", seed)
    places: list[_Place] = []
    pairs: list[tuple[_Place, _Place]] = []
    lookalikes: list[tuple[_Place, _Place]] = []
    for number in range(PAIRS):
        artefact = Artefact(make_workshop(seed, "pair", number), f"{seed}/pair/{number}")
        first, second = (str(key) for key in rng.choice(list(_COLLECTIONS), 2, replace=False))
        pairs.append((_Place(first, artefact), _Place(second, artefact)))
        places.extend(pairs[-1])
    for number in range(LOOKALIKES):
        original = pairs[number % PAIRS][0]
        artefact = Artefact(original.artefact.workshop, f"{seed}/lookalike/{number}")
        lookalike = _Place(str(rng.choice(list(_COLLECTIONS))), artefact)
        lookalikes.append((original, lookalike))
        places.append(lookalike)
    for number in range(SINGLES):
        artefact = Artefact(make_workshop(seed, "single", number), f"{seed}/single/{number}")
        places.append(_Place(str(rng.choice(list(_COLLECTIONS))), artefact))
    collections = _publish(places, seed, rng)
    return Dataset(
        collections=collections,
        pairs=tuple((a.path, b.path) for a, b in pairs),
        lookalikes=tuple((a.path, b.path) for a, b in lookalikes),
    )


def _publish(
    places: list[_Place], seed: int, rng: np.random.Generator
) -> tuple[DemoCollection, ...]:
    """Give every place its number and record, in an order that does not betray the truth."""
    records: dict[str, list[DemoRecord]] = defaultdict(list)
    for index in rng.permutation(len(places)):
        place = places[index]
        number = len(records[place.collection]) + 1
        key = f"{place.collection[0]}{number:04d}"
        place.path = record_path(place.collection, key)
        records[place.collection].append(_record(place, key, number, seed))
    return tuple(
        DemoCollection(
            key=key,
            titles=titles,
            provider=provider,
            rights=rights,
            attribution=f"{provider}. Drawn for demonstration.",
            records=tuple(records[key]),
        )
        for key, (titles, provider, rights) in _COLLECTIONS.items()
    )


def _record(place: _Place, key: str, number: int, seed: int) -> DemoRecord:
    titles, metadata = describe(place.collection, place.artefact, number)
    photographs = take_photographs(
        place.artefact, STUDIOS[place.collection], f"{seed}/{place.collection}/{key}"
    )
    images = tuple(
        DemoImage(f"{key}-{position}", label, photograph)
        for position, (label, photograph) in enumerate(photographs, start=1)
    )
    return DemoRecord(key, titles, metadata, images)
