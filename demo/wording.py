"""How three institutions describe vessels: titles and metadata in Greek and English.

Each institution has its own habits, so that two records of one vessel share hardly a phrase.
All institutions, publications and inventory numbers are invented and plainly for demonstration.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from demo.dataset import LanguageMap
from demo.seeding import generator
from demo.vessels.artefact import BLACK_FIGURE, BLACK_GLAZE, RED_FIGURE, Artefact
from demo.vessels.motifs import MOTIFS
from demo.vessels.shapes import SHAPES

Metadata = tuple[tuple[LanguageMap, LanguageMap], ...]

_TECHNIQUES: Final = {
    BLACK_FIGURE: ("black-figure", "μελανόμορφου ρυθμού", "BF"),
    RED_FIGURE: ("red-figure", "ερυθρόμορφου ρυθμού", "RF"),
    BLACK_GLAZE: ("black-glaze", "με μελανό γάνωμα", "BG"),
}
_YEARS: Final = {BLACK_FIGURE: (560, 490), RED_FIGURE: (515, 390), BLACK_GLAZE: (450, 330)}
_SITES: Final = (
    ("Abdera", "Άβδηρα"), ("Maroneia", "Μαρώνεια"), ("Zone", "Ζώνη"), ("Ainos", "Αίνος"),
    ("Thasos", "Θάσος"), ("Samothrace", "Σαμοθράκη"), ("Neapolis", "Νεάπολη"),
    ("Amphipolis", "Αμφίπολη"), ("Argilos", "Άργιλος"), ("Oisyme", "Οισύμη"),
    ("Galepsos", "Γαληψός"), ("Stryme", "Στρύμη"), ("Dikaia", "Δίκαια"), ("Eion", "Ηιόνα"),
)  # fmt: skip
_CONTEXTS: Final = (
    ("cemetery", "νεκροταφείο"), ("sanctuary", "ιερό"), ("settlement", "οικισμός"),
)  # fmt: skip
_CENTURIES: Final = {6: ("6th", "6ος"), 5: ("5th", "5ος"), 4: ("4th", "4ος")}


class Facts(NamedTuple):
    """What is true of a vessel, whoever describes it."""

    technique: str
    shape: LanguageMap
    subjects: tuple[LanguageMap, ...]
    year: int
    site: tuple[str, str]
    context: tuple[str, str]
    height_cm: float


def facts(artefact: Artefact) -> Facts:
    """Return what is true of `artefact`."""
    rng = generator("facts", artefact.seed)
    workshop = artefact.workshop
    latest, earliest = sorted(_YEARS[workshop.technique])
    plain = workshop.technique == BLACK_GLAZE
    seen = dict.fromkeys(() if plain else artefact.subjects()[:3])
    return Facts(
        technique=workshop.technique,
        shape={language: (name,) for language, name in SHAPES[workshop.shape].names.items()},
        subjects=tuple(
            {language: (name,) for language, name in MOTIFS[kind].names.items()} for kind in seen
        ),
        year=int(rng.integers(latest, earliest + 1)),
        site=_SITES[int(rng.integers(len(_SITES)))],
        context=_CONTEXTS[int(rng.integers(len(_CONTEXTS)))],
        height_cm=round(float(rng.uniform(14, 52)), 1),
    )


def describe(style: str, artefact: Artefact, number: int) -> tuple[LanguageMap, Metadata]:
    """Return titles and metadata as the institution with key `style` writes them.

    Args:
        style: "north", "harbour" or "archive".
        artefact: The vessel.
        number: Running number of the record within the institution.
    """
    return _STYLES[style](facts(artefact), number)


def _north(vessel: Facts, number: int) -> tuple[LanguageMap, Metadata]:
    """A bilingual museum catalogue in full sentences."""
    english, greek, _ = _TECHNIQUES[vessel.technique]
    subjects, subjects_el = _list(vessel, "en", " and "), _list(vessel, "el", " και ")
    shape, shape_el = vessel.shape["en"][0], vessel.shape["el"][0]
    titles: LanguageMap = {
        "el": (f"{shape_el} {greek}" + (f", παράσταση: {subjects_el}" if subjects_el else ""),),
        "en": (f"Attic {english} {shape.lower()}" + (f" with {subjects}" if subjects else ""),),
    }
    century, century_el = _CENTURIES[vessel.year // 100 + 1]
    part, part_el = _part_of_century(vessel.year)
    return titles, (
        _entry("Shape", "Σχήμα", shape, shape_el),
        _entry("Technique", "Τεχνική", english, greek),
        _entry("Date", "Χρονολόγηση", f"{part} {century} c. BC",
               f"{part_el} {century_el} αι. π.Χ."),
        _entry("Findspot", "Τόπος εύρεσης", f"{vessel.site[0]}, {vessel.context[0]}",
               f"{vessel.site[1]}, {vessel.context[1]}"),
        _entry("Height", "Ύψος", f"{vessel.height_cm} cm", f"{vessel.height_cm} εκ."),
        _entry("Publication", "Δημοσίευση", f"Demo Corpus of Vases 1, p. {number + 11}, "
               f"fig. {number % 90 + 1}", f"Demo Corpus of Vases 1, σ. {number + 11}, "
               f"εικ. {number % 90 + 1}"),
        _entry("Inventory number", "Αριθμός ευρετηρίου", f"ΔΜΒ {1000 + number}", None),
    )  # fmt: skip


def _harbour(vessel: Facts, number: int) -> tuple[LanguageMap, Metadata]:
    """A terse English database with the shape turned round, as in older registers."""
    short = _TECHNIQUES[vessel.technique][2]
    name, _, kind = vessel.shape["en"][0].lower().rpartition("-")
    shape = f"{kind.capitalize()} ({name})" if name else kind.capitalize()
    decade = vessel.year // 20 * 20
    titles: LanguageMap = {"en": (f"{shape}, {short}, c. {vessel.year} BC",)}
    subjects = _list(vessel, "en", "; ")
    return titles, (
        _entry("Object type", None, shape, None),
        _entry("Fabric", None, f"Attic ({short})", None),
        _entry("Period", None, f"{decade + 20}-{decade} BC", None),
        _entry("Provenience", None, f"{vessel.site[0]}, {vessel.context[0]} excavation", None),
        _entry("Iconography", None, subjects or "undecorated", None),
        _entry("Bibliography", None, f"Demo Harbour Bulletin {number % 17 + 3}, "
               f"{number + 40}-{number + 42}, fig. {number % 24 + 1}a", None),
        _entry("Accession", None, f"HT.{1950 + number % 60}.{number}", None),
    )  # fmt: skip


def _archive(vessel: Facts, number: int) -> tuple[LanguageMap, Metadata]:
    """A photo archive that describes negatives, mostly in Greek."""
    _, greek, short = _TECHNIQUES[vessel.technique]
    shape_el = vessel.shape["el"][0]
    titles: LanguageMap = {
        "el": (f"Φωτογραφία αγγείου, {vessel.site[1]} ({shape_el.lower()})",),
        "en": (f"Photograph of a vase from {vessel.site[0]}, negative {2000 + number}",),
    }
    century, century_el = _CENTURIES[vessel.year // 100 + 1]
    return titles, (
        _entry("Subject of the photograph", "Θέμα", f"Vase, {short}", f"{shape_el} {greek}"),
        _entry("Dating", "Χρονολογία", f"{century} century BC", f"{century_el} αιώνας π.Χ."),
        _entry("Excavation", "Ανασκαφή", vessel.site[0], vessel.site[1]),
        _entry("Published in", "Πηγή", f"Demo Excavation Reports {number % 9 + 1}, pl. "
               f"{number % 40 + 1}, {number % 4 + 1}", None),
        _entry("Negative number", "Αριθμός αρνητικού", f"NEG-{2000 + number}", None),
    )  # fmt: skip


_STYLES: Final = {"north": _north, "harbour": _harbour, "archive": _archive}


def _entry(
    label: str, label_el: str | None, value: str, value_el: str | None
) -> tuple[LanguageMap, LanguageMap]:
    labels = {"en": (label,)} | ({"el": (label_el,)} if label_el else {})
    values = {"en": (value,), "el": (value_el,)} if value_el else {"none": (value,)}
    return labels, values


def _list(vessel: Facts, language: str, joint: str) -> str:
    return joint.join(names[language][0] for names in vessel.subjects)


def _part_of_century(year: int) -> tuple[str, str]:
    """Return early, middle or late; years count down before Christ."""
    within = year % 100
    if within >= 67:
        return "early", "αρχές"
    return ("late", "τέλη") if within < 34 else ("mid", "μέσα")
