"""References: an object's number in a corpus, such as Beazley's lists or the Beazley Archive.

Their form follows what catalogues of Greek vases write: `BAPD 352514`, `ARV2 240.42`,
`ABV 123, 4`, `Para 345`, `Add2 201`, `CAVI 4567`, `CVA Malibu 10, pl. 524, 1-2`,
`Richter and Hall no. 34`, or the number alone under a label that names the corpus.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from iiif_dedup.evidence.metadata.inventory import number_parts, number_weight, split_numbers
from iiif_dedup.evidence.metadata.ways import UNRELATED, Fact, Relation, Verdict, Way
from iiif_dedup.evidence.metadata.words import MAX_CITED, fold, stems

_PATTERNS: Final = {
    "bapd": r"\b(?:bapd|bad|bava|ba|beazley(?: archive)?(?: pottery database| database)?)"
    r"\W{0,3}(?:(?:vase|no|nr|number|αρ)\W{1,3}){0,2}(?P<a>\d{3,8})\b",
    "cavi": r"\bcavi\W{1,3}(?:no\W{1,3})?(?P<a>\d{1,5})\b",
    "arv": r"\barv\s?2?\W{1,3}(?:p\W{1,2})?(?P<a>\d{1,4})\W{1,3}(?:no\W{1,3})?(?P<b>\d{1,3})\b",
    "abv": r"\babv\W{1,3}(?:p\W{1,2})?(?P<a>\d{1,3})\W{1,3}(?:no\W{1,3})?(?P<b>\d{1,3})\b",
    "para": r"\bpara(?:lipomena)?\W{1,3}(?P<a>\d{1,3})\W{1,3}(?:no\W{1,3})?(?P<b>\d{1,3})\b",
    "limc": r"\blimc\W{1,3}(?P<a>[ivx]{1,5}|\d{1,2})\W.{0,40}?\bno\W{1,3}(?P<b>\d{1,4})\b",
    "richter": r"\brichter\W(?P<a>.{0,40}?)\b(?:no|nr|number|αρ)\W{1,3}(?P<b>\d{1,4})\b",
    "cva": r"\b(?:cva|corpus vasorum(?: antiquorum)?)\W{1,3}(?P<a>[^\d;]{3,60}?)\W{1,3}"
    r"(?P<b>\d{1,3})\W{1,3}(?:\w{1,8}\W{1,3}){0,3}?(?:pls?|plates?|taf|tav|πιν)\W{1,3}"
    r"(?P<c>\d{1,4})\b",
}
_CORPORA: Final = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
_GUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_URL: Final = re.compile(r"https?://[^\s<>\"]{4,300}", re.IGNORECASE)
_ONE_OBJECT_EACH: Final = frozenset({"bapd"})
"""Corpora in which one object has one number, so that two numbers contradict each other."""
_LINK_WEIGHT: Final = 3.0
_HEAVY: Final = 3.5
"""Weight of a citation by page and number."""


@dataclass(frozen=True, slots=True)
class Reference(Fact):
    """A number in a corpus: "arv", ("240", "42")."""

    corpus: str
    number: tuple[str, ...]


def _read(words: str, role: str) -> list[Reference]:
    links = [link for match in _URL.finditer(words) if (link := _link(match.group()))]
    if role == "link":
        return links
    text = fold(words[:MAX_CITED])
    found = [
        Reference(_cited(words, text, match), local=False, corpus=corpus, number=number)
        for corpus, pattern in _CORPORA.items()
        for match in pattern.finditer(text)
        if (number := _number(match))
    ]
    if found or not role:
        return found
    return links or _under_label(words, role)


def _cited(words: str, folded: str, match: re.Match[str]) -> str:
    """Return the catalogue's own words of a match, all of them where folding moved letters."""
    return words[match.start() : match.end()] if len(folded) == len(words) else words


def _number(match: re.Match[str]) -> tuple[str, ...]:
    parts: list[str] = []
    for text in match.groupdict().values():
        parts.extend([text.lstrip("0")] if text.isdigit() else sorted(stems(text)))
    return tuple(parts)


def _under_label(words: str, role: str) -> list[Reference]:
    """Return the numbers under a label that names the corpus; "=…" is a corpus we do not know."""
    guid = _GUID.search(fold(words))
    if guid:
        return [Reference(words, local=False, corpus=role, number=(guid.group(),))]
    return [
        Reference(text, local=role.startswith("="), corpus=role, number=parts)
        for text in split_numbers(words)
        if len(text) <= 40 and (parts := number_parts(text))
    ]


def _link(url: str) -> Reference | None:
    """Return a page about the object, known by a number in its path."""
    try:
        parts = urlsplit(url.rstrip(".,;)"))
    except ValueError:
        return None
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    guid = _GUID.search(path.casefold())
    if "beazley" in host and guid:
        return Reference(url, local=False, corpus="bapd", number=(guid.group(),))
    if not any(char.isdigit() for char in path):
        return None
    return Reference(url, local=False, corpus="link", number=(host, path, parts.query))


def _relate(ours: Reference, theirs: Reference) -> Relation:
    if ours.corpus != theirs.corpus:
        return UNRELATED
    if ours.number == theirs.number:
        about = " ".join((ours.corpus, *ours.number))
        return Relation(Verdict.SAME, about, group=ours.corpus, weight=_weight(ours))
    comparable = len(ours.number) == len(theirs.number) and all(
        _is_guid(a) == _is_guid(b) for a, b in zip(ours.number, theirs.number, strict=True)
    )
    if ours.corpus in _ONE_OBJECT_EACH and comparable:
        return Relation(Verdict.OPPOSED, group=ours.corpus)
    return UNRELATED


def _is_guid(text: str) -> bool:
    return bool(_GUID.fullmatch(text))


def _weight(reference: Reference) -> float:
    if reference.corpus == "link":
        return _LINK_WEIGHT
    if reference.corpus in {"arv", "abv", "para", "cva", "limc", "richter"}:
        return _HEAVY
    return number_weight(reference.number)


REFERENCES = Way(read=_read, relate=_relate)
