"""Dimensions: the same measure, to within the care with which objects are measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from iiif_dedup.evidence.metadata.labels import UNIT_MARK
from iiif_dedup.evidence.metadata.tables import rows
from iiif_dedup.evidence.metadata.ways import UNRELATED, Fact, Relation, Verdict, Way
from iiif_dedup.evidence.metadata.words import MAX_CITED, MAX_TEXT, fold

SAME: Final = 0.01
"""Share by which two measurements that agree may differ, besides their rounding."""
OTHER: Final = 0.1
"""Share by which two have to differ at least to contradict each other: vases are chipped,
restored, and measured with and without handles."""
OTHER_LEAST: Final = 5.0
"""Millimetres, or grams, by which they have to differ as well."""
WEIGHTS: Final = (0.25, 0.5, 1.0)
"""Of an agreement, where the less exact value has one, two, three or more significant digits."""

_MAX_SIZES: Final = 12
_UNITS: Final = {
    "mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "inch": 25.4, "inches": 25.4,
    "χιλ": 1.0, "χιλιοστα": 1.0, "εκ": 10.0, "εκατοστα": 10.0, "μ": 1000.0, "μετρα": 1000.0,
    "g": 1.0, "gr": 1.0, "kg": 1000.0, "γρ": 1.0, "γραμμαρια": 1.0, "κιλα": 1000.0,
}  # fmt: skip
_GRAMS: Final = frozenset({"g", "gr", "kg", "γρ", "γραμμαρια", "κιλα"})
_VALUE: Final = r"(?<![\d.,])\d{1,5}(?:[.,]\d{1,3})?(?![\d/])"
_SIZES: Final = re.compile(
    rf"(?P<values>{_VALUE}(?:\s?[x×χ*]\s?{_VALUE}){{0,2}})(?P<range>\s?-\s?\d)?"
    rf"\s?(?:(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b)?"
)
_NUMBER: Final = re.compile(_VALUE)
_SEGMENT: Final = re.compile(r"[;|]|,(?!\d)")
_FRACTION: Final = re.compile(r"\([^()]*\d[^()]*\)|(?:\b\d{1,4}\s)?\b\d{1,4}/\d{1,4}\b")
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Size(Fact):
    """One measurement.

    Attributes:
        measure: What was measured ("height", "diameter rim"); "" for sides without names.
        values: In millimetres or grams; two or three for sides without names.
        rounding: Half a unit of the last digit given, in the same unit.
        digits: Significant digits of the least exact value.
    """

    measure: str
    values: tuple[float, ...]
    rounding: float
    digits: int


def _read(words: str, role: str) -> list[Size]:
    # Sizes in inches that repeat others in brackets, and fractions, are left out.
    segments = _SEGMENT.split(_FRACTION.sub(" ", words[:MAX_TEXT]))
    found = [
        (cited, name, match)
        for segment in islice(segments, _MAX_SIZES)
        for cited, name, match in _in_segment(segment)
    ]
    sizes: list[Size] = []
    role, _, told = role.partition(UNIT_MARK)
    unit = told or None
    # From behind, since in "H. 34.5, D. 20 cm" the unit stands once, at the end.
    for cited, name, match in reversed(found[:_MAX_SIZES]):
        unit = match["unit"] or unit
        if unit is not None and match["range"] is None:
            # Words that leave their unit to others are cited with them.
            own = cited if match["unit"] or told else words[:MAX_CITED]
            size = _size(own, match["values"], unit, _measure(name, role))
            sizes.extend([size] if size else [])
    return sizes[::-1]


def _in_segment(segment: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """Yield each measurement as the words that say it, those before its values, and its match."""
    text = fold(segment)
    aligned = len(text) == len(segment)
    end = 0
    for match in _SIZES.finditer(text):
        cited = segment[end : match.end()] if aligned else segment
        yield cited.strip(" .:,"), text[end : match.start()], match
        end = match.end()


def _measure(text: str, role: str) -> str | None:
    """Return what was measured, "" where nothing says so, None where it is not understood."""
    measures, qualifiers, fillers = _words()
    named = [word for word in _WORD.findall(text) if word not in fillers]
    found = [measures[word] for word in named if word in measures]
    rest = sorted({qualifiers.get(word, word) for word in named if word not in measures})
    measure = found[0] if found else role
    if len(found) > 1 or (not measure and rest):
        return None
    return " ".join([measure, *rest]) if measure else ""


def _size(words: str, values: str, unit: str, measure: str | None) -> Size | None:
    texts = [text.replace(",", ".") for text in _NUMBER.findall(values)]
    scale = _UNITS[unit]
    numbers = tuple(float(text) * scale for text in texts)
    named = bool(measure)
    if measure is None or not all(numbers) or named != (len(numbers) == 1):
        return None
    if (unit in _GRAMS) != measure.startswith("weight"):
        return None
    decimals = min(len(text.partition(".")[2]) for text in texts)
    digits = min(len(text.replace(".", "").lstrip("0")) for text in texts)
    return Size(words, False, measure, numbers, 0.5 * scale / 10**decimals, digits)


def _relate(ours: Size, theirs: Size) -> Relation:
    if ours.measure != theirs.measure or len(ours.values) != len(theirs.values):
        return UNRELATED
    rounding = max(ours.rounding, theirs.rounding)
    pairs = list(zip(sorted(ours.values), sorted(theirs.values), strict=True))
    if all(abs(a - b) <= max(SAME * max(a, b), rounding) for a, b in pairs):
        digits = min(ours.digits, theirs.digits, len(WEIGHTS))
        weight = WEIGHTS[digits - 1] * len(pairs)
        return Relation(Verdict.SAME, ours.measure or "sides", group=ours.measure, weight=weight)
    if not ours.measure or ours.measure == "d":
        # Sides without names may be those of the frame, "D." may be depth or diameter.
        return UNRELATED
    if all(abs(a - b) > max(OTHER * max(a, b), rounding, OTHER_LEAST) for a, b in pairs):
        return Relation(Verdict.OPPOSED, group=ours.measure)
    return Relation(Verdict.COMPATIBLE, group=ours.measure)


@cache
def _words() -> tuple[dict[str, str], dict[str, str], frozenset[str]]:
    """Return measures, qualifiers and words that say nothing, as measures.tsv has them."""
    parts: dict[str, dict[str, str]] = {"m": {}, "q": {}, "-": {}}
    for part, name, words in rows("measures.tsv", columns=3):
        parts[part].update((fold(word), name) for word in words.split())
    return parts["m"], parts["q"], frozenset(parts["-"])


DIMENSIONS = Way(read=_read, relate=_relate)
