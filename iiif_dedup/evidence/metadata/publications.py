"""Publications with their page, plate and figure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from iiif_dedup.evidence.metadata.names import common_stems
from iiif_dedup.evidence.metadata.ways import UNRELATED, Fact, Relation, Verdict, Way
from iiif_dedup.evidence.metadata.words import MAX_CITED, fold, latin, stems

SAME_TITLE: Final = 0.6
"""Share of the words of two titles that have to be the same."""
WEIGHTS: Final = {
    "item": 3.0,  # a figure or plate with the number of the item on it
    "figure": 2.0,
    "page": 1.5,
    "plate": 1.0,  # plates show many objects
    "title": 0.3,
}
UNNAMED: Final = 0.35
"""What remains of a weight where neither says which publication it is."""

_MAX_ENTRIES: Final = 12
_MAX_NUMBERS: Final = 40
_ENTRY: Final = re.compile(r"\s*;\s*")
_NUMBERS = r"(?P<{0}>[0-9ivxlc]{{1,7}}[a-zα-ω]?(?:\s?[-,.:/]\s?[0-9]{{1,4}}[a-zα-ω]?)*)(?![^\W\d_])"
_MARKS: Final = {
    "page": r"(?:pages?|pag|pp?|σελιδα|σελ|σ|seiten?|s)",
    "plate": r"(?:plates?|pls?|πινακασ|πιν|tafeln?|taf|planche|tavola|tav)",
    "figure": r"(?:figures?|figs?|εικονα|εικ|abbildung(?:en)?|abb|illus|no|nr|αρ)",
}
_PLACES: Final = {
    mark: re.compile(rf"(?<![^\W\d_]){words}(?![^\W\d_])\.?\s?" + _NUMBERS.format(mark))
    for mark, words in _MARKS.items()
}
_BARE: Final = re.compile(r"[0-9ivxlc]{1,7}[a-z]?(?:[\s,.:;/-]{1,3}[0-9]{1,4}[a-z]?)*")
_YEAR: Final = re.compile(r"(?<!\d)1[6-9]\d\d(?!\d)|(?<!\d)20\d\d(?!\d)")
_RANGE: Final = re.compile(r"(\d{1,4})\s?-\s?(\d{1,4})(?![\d])")
_NUMBER: Final = re.compile(r"\d{1,4}")
_LETTERED: Final = re.compile(r"(\d{1,4})([a-zα-ω])")
_WITH_ITEMS: Final = re.compile(r"\d{1,4}\s?[,.:/]\s?\d{1,3}(?:\s?[-,]\s?\d{1,3})*")
_FLOAT: Final = re.compile(r"(?<=\d)\.0$")
"""What tables leave of a page when they keep it as a number with decimals."""
_WIDEST_RANGE: Final = 40


@dataclass(frozen=True, slots=True)
class Mention(Fact):
    """A place in a publication.

    Attributes:
        title: Stems of the publication's title with its volume; empty where it is not named.
        years: Years in the title.
        places: Mark ("page", "plate", "figure") → what is named there. Items of a plate or
            figure are named with it, as "12/3".
    """

    title: frozenset[str]
    years: frozenset[str]
    places: tuple[tuple[str, frozenset[str]], ...]


def _read(words: str, role: str) -> list[Mention]:
    if role:
        return _under_label(words, role)
    return [
        mention
        for entry in islice(_ENTRY.split(words), _MAX_ENTRIES)
        if (mention := _mention(entry[:MAX_CITED])) is not None
    ]


def _mention(entry: str) -> Mention | None:
    text = fold(entry)
    rest, places = text, []
    for mark, pattern in _PLACES.items():
        named = frozenset(
            name for match in pattern.finditer(text) for name in _names(mark, match[mark])
        )
        if named:
            places.append((mark, named))
        rest = pattern.sub(" ", rest)
    years = frozenset(_YEAR.findall(rest))
    title = frozenset(stems(rest)) - common_stems("publication") - years
    if not any(len(word) > 2 and not word.isdigit() for word in title):
        return None
    return Mention(entry, local=False, title=title, years=years, places=tuple(places))


def _under_label(words: str, role: str) -> list[Mention]:
    """Return the places that a label "Figure" or "Plates" gives of a publication left unsaid."""
    words = words[:MAX_CITED]
    text = _FLOAT.sub("", fold(words))
    match = _PLACES[role].fullmatch(text)
    numbers = match[role] if match else text if _BARE.fullmatch(text) else ""
    parts = [part for part in numbers.split(";") if part.strip()]
    named = frozenset(name for part in parts for name in _names(role, part.strip()))
    # What is no number, such as "Ch5_Fig26", names its figure as a whole.
    named = named or frozenset({text})
    nothing = frozenset[str]()
    return [Mention(words, True, nothing, nothing, ((role, named),))]


def _names(mark: str, text: str) -> list[str]:
    """Return what "12, 3", "518-20", "7a" or "xxii" names; items only where there are some."""
    numbers = list(islice(_expanded(text), _MAX_NUMBERS))
    lettered = _LETTERED.fullmatch(text)
    if lettered:
        return [f"{lettered[1]}/{latin(lettered[2])}"]
    with_items = _WITH_ITEMS.fullmatch(text)
    # "524, 1-2" is two items of a plate, "518, 519" are two plates.
    if mark != "page" and with_items and all(int(item) < int(numbers[0]) for item in numbers[1:]):
        return [f"{numbers[0]}/{item}" for item in numbers[1:]]
    return numbers or [text.strip()]


def _expanded(text: str) -> Iterator[str]:
    """Yield the numbers of a text, those within a range "518-20" too."""
    end = 0
    for match in _RANGE.finditer(text):
        yield from _NUMBER.findall(text[end : match.start()])
        end = match.end()
        first, last = match[1], match[2]
        last = first[: max(0, len(first) - len(last))] + last
        if 0 <= int(last) - int(first) <= _WIDEST_RANGE:
            yield from (str(number) for number in range(int(first), int(last) + 1))
        else:
            yield from (first, last)
    yield from _NUMBER.findall(text[end:])


def _relate(ours: Mention, theirs: Mention) -> Relation:
    if not _same_publication(ours, theirs):
        return UNRELATED
    share = 1.0 if ours.title else UNNAMED
    theirs_by_mark = dict(theirs.places)
    best, about, unlike = 0.0, "", False
    for mark, names in ours.places:
        common = names & theirs_by_mark.get(mark, frozenset())
        if common:
            name = min(common)
            kind = "item" if "/" in name else mark
            if WEIGHTS[kind] > best:
                best, about = WEIGHTS[kind], f"{mark} {name}"
        unlike = unlike or (not common and mark in theirs_by_mark)
    title = " ".join(sorted(ours.title & theirs.title))
    if best:
        return Relation(Verdict.SAME, about=f"{title} {about}".strip(), weight=best * share)
    if unlike or not ours.title:
        return UNRELATED
    return Relation(Verdict.SAME, about=title, weight=WEIGHTS["title"])


def _same_publication(ours: Mention, theirs: Mention) -> bool:
    if bool(ours.title) != bool(theirs.title):
        return False
    if ours.years and theirs.years and not ours.years & theirs.years:
        return False
    volumes = [{word for word in each.title if word.isdigit()} for each in (ours, theirs)]
    if all(volumes) and not volumes[0] & volumes[1]:
        return False
    common, both = len(ours.title & theirs.title), len(ours.title | theirs.title)
    return common >= SAME_TITLE * both


PUBLICATIONS = Way(read=_read, relate=_relate)
