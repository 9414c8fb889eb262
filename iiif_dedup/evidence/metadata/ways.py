"""How statements of one kind are read and compared: the contract of the modules beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar


class Verdict(Enum):
    """How two facts of one kind stand to each other."""

    SAME = auto()
    COMPATIBLE = auto()
    OPPOSED = auto()
    UNRELATED = auto()


@dataclass(frozen=True, slots=True)
class Relation:
    """What comparing two facts gives.

    Attributes:
        verdict: How they stand to each other.
        about: What they agree about; one point is made of each.
        group: Within it an agreement takes away contradictions, such as one measure.
        weight: Of an agreement: about −log₁₀ of how often two records of unlike objects agree
            like this, ≥ 0. Chosen from experience with catalogues, not fitted.
    """

    verdict: Verdict
    about: str = ""
    group: str = ""
    weight: float = 0.0


UNRELATED = Relation(Verdict.UNRELATED)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that a catalogue says.

    Attributes:
        words: The part of its words that says so.
        local: Whether it means something within one provider's records alone.
    """

    words: str
    local: bool


FactT = TypeVar("FactT", bound=Fact)


def _never(_sharper: Fact, _blunter: Fact) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Way(Generic[FactT]):
    """How facts of one kind are read and compared.

    Attributes:
        read: Facts in a statement's words, given the role of its label (see `labels`).
        relate: How two facts stand to each other; symmetrical.
        implies: Whether the first fact makes the second one of the same record superfluous.
    """

    read: Callable[[str, str], list[FactT]]
    relate: Callable[[FactT, FactT], Relation]
    implies: Callable[[FactT, FactT], bool] = _never
