"""What a catalogue's label announces; the table is labels.tsv."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

from iiif_dedup.evidence.metadata.kinds import Kind
from iiif_dedup.evidence.metadata.tables import rows
from iiif_dedup.evidence.metadata.words import fold

MAX_LABEL: Final = 120
"""Characters of a label that are looked at."""
TITLE: Final = "Title"
"""The label that stands for a record's own title."""

UNIT_MARK: Final = " in "
"""What stands between a measure and its unit in the role of "Height (cm)"."""

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NO_WORD: Final = re.compile(r"[\W_]+")
_NUMBER_OF: Final = re.compile(
    r"(?P<scheme>\w.{1,40}?) (?:number|num|no|nr|id|αριθμοσ|nummer|numero)"
)
_UNIT: Final = re.compile(r"[(\[,]\s?(mm|cm|m|εκ|χιλ|kg|g|γρ)\b")
_MAKING: Final = re.compile(
    r"production|creation|making|manufacture|herstellung|entstehung|κατασκευη|παραγωγη"
    r"|δημιουργια|produktion|fabrication|produzione|creazione|valmistus|origin"
)
_FINDING: Final = re.compile(
    r"finding|find|excavation|discovery|collecting|fund|ausgrabung|ευρεση|ανασκαφη|decouverte"
    r"|fouille|ritrovamento|scavo"
)


class Announced(NamedTuple):
    """What a label announces.

    Attributes:
        kind: The kind of statement.
        role: Which of its kind, such as "height"; "" for the kind at large.
        firm: Whether two unlike statements may contradict each other.
    """

    kind: Kind
    role: str
    firm: bool


@lru_cache(maxsize=4096)
def announced(label: str) -> tuple[Announced, ...]:
    """Return what a label announces, () for what is not compared.

    A label "Event: part", as LIDO's events give, counts where the event made or found the object.
    An unknown label "… number" announces a reference whose role is the label's own name.
    """
    event, _, part = label[:MAX_LABEL].rstrip(": ").rpartition(":")
    key = _key(part)
    if event.strip():
        return _of_event(_key(event), key)
    known = _table().get(key)
    if known is not None:
        unit = _UNIT.search(fold(part))
        return tuple(_in_unit(item, unit[1]) for item in known) if unit else known
    numbered = _NUMBER_OF.fullmatch(key)
    return (Announced(Kind.REFERENCE, f"={numbered['scheme']}", firm=False),) if numbered else ()


def _of_event(event: str, part: str) -> tuple[Announced, ...]:
    finding = bool(_FINDING.search(event))
    if not finding and not _MAKING.search(event):
        return ()
    known = _table().get(part, ())
    if not finding:
        return tuple(
            item._replace(role="origin") if item.kind is Kind.PLACE else item for item in known
        )
    return tuple(item._replace(role="findspot") for item in known if item.kind is Kind.PLACE)


def _in_unit(item: Announced, unit: str) -> Announced:
    """Return what "Height (cm)" announces: the role tells the unit that the values leave out."""
    if item.kind is not Kind.DIMENSIONS:
        return item
    return item._replace(role=f"{item.role}{UNIT_MARK}{unit}")


def _key(label: str) -> str:
    spaced = _CAMEL.sub(" ", _BRACKETS.sub(" ", label))
    return _NO_WORD.sub(" ", fold(spaced)).strip()


@cache
def _table() -> dict[str, tuple[Announced, ...]]:
    table: dict[str, tuple[Announced, ...]] = {}
    for kind, role, firm, labels in rows("labels.tsv", columns=4):
        for label in labels.split("|"):
            entry = Announced(Kind(kind), role, firm == "x")
            table[_key(label)] = (*table.get(_key(label), ()), entry)
    return table
