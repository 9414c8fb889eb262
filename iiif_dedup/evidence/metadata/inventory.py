"""Inventory numbers: the holder's own number of an object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from iiif_dedup.evidence.metadata.ways import UNRELATED, Fact, Relation, Verdict, Way
from iiif_dedup.evidence.metadata.words import fold, latin

SHORTEST: Final = 3
"""Letters and digits that a number has to have: shorter ones are met everywhere."""
WEIGHT_OF_CHARACTER: Final = 0.5
HEAVIEST: Final = 4.0
"""The weight of an agreement grows by each letter or digit up to this."""

_MAX_NUMBERS: Final = 20
_LONGEST: Final = 80
_LIST: Final = re.compile(r"\s*(?:[;|]|,\s(?:and\s)?|\s(?:and|und|et|και)\s)\s*", re.IGNORECASE)
_PART: Final = re.compile(r"[^\W\d_]+|\d+")
_URL: Final = re.compile(r"https?://|www\.", re.IGNORECASE)
_WORD_LENGTH: Final = 4
"""Letters of what is a word, such as the museum's name, and no part of the number."""
_NO_PART: Final = frozenset({"inv", "no", "nr", "num", "acc", "αρ", "ευρ", "cat"})


@dataclass(frozen=True, slots=True)
class Number(Fact):
    """A number, as its groups of letters and of digits in order."""

    parts: tuple[str, ...]


def split_numbers(words: str) -> list[str]:
    """Return the numbers in a list of them, "86.AE.209.1 and 86.AE.209.2"."""
    return [text for text in islice(_LIST.split(words), _MAX_NUMBERS) if text]


def number_parts(text: str) -> tuple[str, ...]:
    """Return the groups of a number in one script, without leading zeros; () where there is none.

    Of "J. Paul Getty Museum 86.AE.205" what stands between words is the number.
    """
    run: list[str] = []
    best: list[str] = []
    for match in _PART.finditer(fold(text)):
        part = match.group()
        if not part.isdigit() and len(part) >= _WORD_LENGTH:
            run = []
        elif part not in _NO_PART:
            run.append(part.lstrip("0") or "0" if part.isdigit() else latin(part))
            best = run if any(map(str.isdigit, run)) else best
    return tuple(best) if sum(map(len, best)) >= SHORTEST else ()


def number_weight(parts: tuple[str, ...]) -> float:
    """Return the weight of two records having this number in common."""
    return min(WEIGHT_OF_CHARACTER * sum(map(len, parts)), HEAVIEST)


def _read(words: str, _role: str) -> list[Number]:
    if _URL.search(words):
        return []
    texts = [text for text in split_numbers(words) if len(text) <= _LONGEST]
    return [
        Number(text, local=False, parts=parts) for text in texts if (parts := number_parts(text))
    ]


def _relate(ours: Number, theirs: Number) -> Relation:
    a, b = ours.parts, theirs.parts
    if a == b:
        return Relation(Verdict.SAME, about=".".join(a), weight=number_weight(a))
    shorter, longer = sorted((a, b), key=len)
    if longer[: len(shorter)] == shorter:
        return Relation(Verdict.COMPATIBLE)
    same_series = _letters(a) == _letters(b)
    return Relation(Verdict.OPPOSED) if same_series else UNRELATED


def _letters(parts: tuple[str, ...]) -> list[str]:
    return [part for part in parts if not part.isdigit()]


INVENTORY = Way(read=_read, relate=_relate)
