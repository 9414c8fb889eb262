"""Reads dates as catalogues write them: "late 5th–early 4th c. BC", "τέλη 6ου αι. π.Χ.", "-480".

English and Greek in full; German, French, Italian and Spanish centuries and eras.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final, NamedTuple

from iiif_dedup.evidence.metadata.words import MAX_CITED, fold

MAX_SPANS: Final = 6
"""Dates that are read from one text."""
_EARLIEST, _LATEST = -10_000, 2_100
_SURE_YEAR: Final = 1_000
"""From here on a number without an era is taken for a year after Christ."""
_SURE_CENTURY: Final = 10
_CIRCA_BY_AGE: Final = 0.005
"""By how much of its age "ca." widens a date, to either side; 12 years in 500 BC."""
_PRESENT: Final = 2000

_BEFORE_CHRIST: Final = (
    r"b\.?\s?c\.?(?:\s?e\b\.?)?|π\.?\s?χ\b\.?|π\.?\s?κ\.?\s?χ\b\.?|προ\sχριστου|v\.?\s?chr\b\.?"
    r"|vor\schristus|av(?:ant|\.)?\s?j\.?\s?-?\s?c\b\.?|a\.?\s?c\b\.?|before\schrist"
)
_AFTER_CHRIST: Final = (
    r"a\.?\s?d\b\.?|c\.?\s?e\b\.?|μ\.?\s?χ\b\.?|μετα\sχριστον|n\.?\s?chr\b\.?|nach\schristus"
    r"|ap(?:res|\.)?\s?j\.?\s?-?\s?c\b\.?|d\.?\s?c\b\.?"
)
_ERA: Final = rf"(?:(?P<bc{{0}}>{_BEFORE_CHRIST})|(?P<ad{{0}}>{_AFTER_CHRIST}))"
_CIRCA: Final = (
    r"(?:(?P<circa>circa|about|around|περιπου|περι|γυρω\sστο|περ\.|um|vers|ca?\.|ca)\s?)?"
)
_JOIN: Final = r"\s?(?:-|/|to|until|till|and|or|bis|und|oder|εωσ|ωσ|και|η|au?|al|et|e|y)\s?"
_YEAR: Final = r"(?<![\w.-])(?P<{0}>-?\d{{1,4}})(?![\d.]\d|\d|[^\W\d_])"
_YEARS: Final = re.compile(
    _CIRCA
    + r"(?:a\.?d\.?\s)?"
    + _YEAR.format("from")
    + rf"(?:\s?{_ERA.format(1)})?"
    + rf"(?:{_JOIN}{_CIRCA.replace('?P<circa>', '?:')}(?P<lead>a\.?d\.?\s)?"
    + r"(?P<to>-?\d{1,4})(?!\d|[^\W\d_])"
    + rf"(?:\s?{_ERA.format(2)})?)?"
)
_ISO: Final = re.compile(r"(?<!\d)(\d{4})-\d{2}-\d{2}(?:t[\d:.z+-]*)?(?!\d)")
_HALVES: Final = {
    "first": 1, "1st": 1, "α": 1, "πρωτο": 1, "1ο": 1, "erste": 1, "1": 1, "early": 1,
    "second": 2, "2nd": 2, "β": 2, "δευτερο": 2, "2ο": 2, "zweite": 2, "2": 2,
    "third": 3, "3rd": 3, "γ": 3, "τριτο": 3, "3ο": 3, "dritte": 3, "3": 3,
    "fourth": 4, "4th": 4, "δ": 4, "τεταρτο": 4, "4ο": 4, "vierte": 4, "4": 4,
    "last": -1, "τελευταιο": -1, "letzte": -1,
}  # fmt: skip
_FRACTIONS: Final = {
    "half": 2, "μισο": 2, "ημισυ": 2, "halfte": 2, "third": 3, "τριτο": 3, "drittel": 3,
    "quarter": 4, "τεταρτο": 4, "viertel": 4,
}  # fmt: skip
_THIRDS: Final = {
    "early": 1, "beginning": 1, "αρχεσ": 1, "αρχη": 1, "πρωιμοσ": 1, "anfang": 1, "fruhes": 1,
    "debut": 1, "inizio": 1, "inizi": 1, "mid": 2, "middle": 2, "μεσα": 2, "mitte": 2,
    "milieu": 2, "meta": 2, "late": 3, "end": 3, "τελη": 3, "τελοσ": 3, "υστεροσ": 3, "ende": 3,
    "fin": 3, "fine": 3,
}  # fmt: skip
_PART: Final = (
    rf"(?:(?P<nth{{0}}>{'|'.join(sorted(_HALVES, key=len, reverse=True))})['’`ʹ.]?\s{{{{1,2}}}}"
    rf"(?P<fraction{{0}}>{'|'.join(_FRACTIONS)})\s(?:of\s)?(?:the\s)?(?:του\s)?(?:des\s)?"
    rf"|(?P<third{{0}}>{'|'.join(_THIRDS)})[\s-](?:of\s)?(?:the\s)?(?:του\s)?(?:des\s)?(?:du\s)?)?"
)
_ORDINAL: Final = (
    r"(?P<century{0}>\d{{1,2}}|[ivx]{{1,6}})(?:st|nd|rd|th|οσ|ου|ο|eme|er|e|\.)?(?![\w])"
)
_CENTURY: Final = (
    r"(?:centur(?:y|ies)|cent\b\.?|c\.(?=\s|$|\))|αιωνασ|αιωνα|αιωνεσ|αι\b\.?|jahrhunderts?|jhs?\b\.?"
    r"|siecles?|secolo|sec\b\.?|siglo|s\.)"
)
_CENTURIES: Final = re.compile(
    rf"(?<![\w.-])(?P<before>{_CENTURY}\s)?"
    + _PART.format(1)
    + _ORDINAL.format(1)
    + rf"(?:\s?(?P<word1>{_CENTURY}))?(?:\s?{_ERA.format(1)})?"
    + rf"(?:{_JOIN}{_PART.format(2)}{_ORDINAL.format(2)}"
    + rf"(?:\s?(?P<word2>{_CENTURY}))?(?:\s?{_ERA.format(2)})?)?"
)
_SEGMENT: Final = re.compile(r"[;,()\[\]|]")
_OPEN: Final = re.compile(
    r"(?<![^\W\d_])(?:before|after|by|πριν|μετα\s(?:το|τον|την)|terminus|post|ante|nach\s\d|vor\s\d)"
)
_ROMAN: Final = {"i": 1, "v": 5, "x": 10}


class Span(NamedTuple):
    """From which year to which, first ≤ last; negative before Christ."""

    first: int
    last: int


def spans(words: str) -> list[tuple[str, Span]]:
    """Return the dates in a catalogue's words, each with the words that say it."""
    text = _ISO.sub(lambda match: match[1], fold(words[:MAX_CITED]))
    era = _only_era(text)
    found = [
        (words[:MAX_CITED], span)
        for segment in _SEGMENT.split(text)
        if not _OPEN.search(segment)
        for span in _in_segment(segment.strip(), era)
        if _EARLIEST <= span.first <= span.last <= _LATEST
    ]
    return found[:MAX_SPANS]


def _in_segment(segment: str, era: int) -> list[Span]:
    matches = [match for match in _CENTURIES.finditer(segment) if _says_century(match)]
    if matches:
        return [span for match in matches[:MAX_SPANS] if (span := _centuries(match, era))]
    years = islice(_YEARS.finditer(segment), MAX_SPANS)
    return [span for match in years if (span := _years(match, era))]


def _says_century(match: re.Match[str]) -> bool:
    return bool(match["before"] or match["word1"] or match["word2"])


def _only_era(text: str) -> int:
    """Return -1 where a text speaks of times before Christ alone, 1 after, 0 where unsure."""
    before = re.search(rf"(?<![^\W\d_])(?:{_BEFORE_CHRIST})(?![^\W\d_])", text)
    after = re.search(rf"(?<![^\W\d_])(?:{_AFTER_CHRIST})(?![^\W\d_])", text)
    return 0 if bool(before) == bool(after) else -1 if before else 1


def _era(match: re.Match[str], place: int) -> int:
    return -1 if match[f"bc{place}"] else 1 if match[f"ad{place}"] else 0


def _years(match: re.Match[str], text_era: int) -> Span | None:
    first, last = match["from"], match["to"] or match["from"]
    own = _era(match, 2) or (1 if match["lead"] else _era(match, 1))
    era = own or (text_era if len(first) > 2 else 0)
    if first.startswith("-") or last.startswith("-"):
        years = [int(first), int(last)]
    elif not match["to"]:
        years = _one_year(int(first), era)
    else:
        first_era = _era(match, 1) or era
        years = _two_years(first, last, first_era, era)
    if not years:
        return None
    allowance = round(_CIRCA_BY_AGE * (_PRESENT - min(years))) if match["circa"] else 0
    return Span(min(years) - allowance, max(years) + allowance)


def _one_year(year: int, era: int) -> list[int]:
    if era:
        return [era * year]
    return [year] if year >= _SURE_YEAR else []


def _two_years(first: str, last: str, first_era: int, last_era: int) -> list[int]:
    if first_era and first_era != last_era:
        return [first_era * int(first), last_era * int(last)]
    whole = first[: max(0, len(first) - len(last))] + last
    falls = last_era < 0 or (last_era == 0 and int(whole) < int(first))
    # "480-70 BC" is 480 to 470, "1849-50" is 1849 to 1850, but "100-50 BC" ends in 50.
    if (int(whole) <= int(first)) == falls:
        last = whole
    if last_era == 0 and int(first) < _SURE_YEAR:
        # Years that count down are before Christ; others may be either.
        return [-int(first), -int(last)] if int(last) < int(first) and len(first) > 2 else []
    sign = last_era or 1
    return [sign * int(first), sign * int(last)]


def _centuries(match: re.Match[str], text_era: int) -> Span | None:
    last_era = _era(match, 2) or _era(match, 1) or text_era
    first_era = _era(match, 1) or last_era
    first = _century(match, 1, first_era)
    last = _century(match, 2, last_era) if match["century2"] else first
    if first is None or last is None:
        return None
    return Span(min(first.first, last.first), max(first.last, last.last))


def _century(match: re.Match[str], place: int, era: int) -> Span | None:
    """Return a century or the part of it that is named."""
    number = _ordinal(match[f"century{place}"])
    if not 1 <= number <= 100 or (era == 0 and number < _SURE_CENTURY):
        return None
    start = -100 * number if era < 0 else 100 * (number - 1) + 1
    parts, part = 1, 1
    if match[f"fraction{place}"]:
        parts, part = _FRACTIONS[match[f"fraction{place}"]], _HALVES[match[f"nth{place}"]]
    elif match[f"third{place}"]:
        parts, part = 3, _THIRDS[match[f"third{place}"]]
    part = parts if part == -1 else part
    if part > parts:
        return None
    return Span(start + 100 * (part - 1) // parts, start + 100 * part // parts - 1)


def _ordinal(text: str) -> int:
    if text.isdigit():
        return int(text)
    values = [_ROMAN[letter] for letter in text]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
