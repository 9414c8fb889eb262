"""Why a pair has its probability: which evidence moved it, and by how much, in a reader's words.

Measures that a curator thinks of as one thing count together, since what each of them adds to the
logit adds up. What catalogues say is cited in their own words, which are a partner's text: they
are kept apart from ours, so that whoever shows them can escape them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from iiif_dedup.evidence.explanation_sentences import LEAST, Sentence, sentences
from iiif_dedup.evidence.explanation_words import (
    GUESSES,
    KINDS,
    SENTENCES,
    STRENGTHS,
    Kind,
    Language,
    Strength,
)
from iiif_dedup.evidence.measures import LOCAL, RELATIVE, Measure
from iiif_dedup.types import Evidence

_SOME, _MUCH = 0.5, 2.0
"""Logits from which on a kind speaks for or against, and strongly so: odds times 1.6 and 7.4."""
_CERTAIN = 0.995
_KINDS: Mapping[str, Kind] = {
    Measure.SAME_FILE: Kind.SAME_FILE,
    **dict.fromkeys(LOCAL, Kind.LOCAL),
    Measure.METADATA_AGREEMENT: Kind.CATALOGUES_AGREE,
    Measure.METADATA_CONTRADICTION: Kind.CATALOGUES_CONTRADICT,
    "clone": Kind.CLONE_RULE,
    "colour": Kind.COLOURS,
    "palette": Kind.COLOURS,
    "phash": Kind.FINGERPRINTS,
    "block_mean": Kind.FINGERPRINTS,
    "efficientnet_lite0": Kind.LOOK,
    "torchvision": Kind.LOOK,
    "transformers": Kind.LOOK,
}
"""Measure, or generator, or what stands before the colon of its name → what it is part of."""


@dataclass(frozen=True, slots=True)
class Argument:
    """What one kind of evidence says of a pair.

    Attributes:
        kind: Of the evidence.
        name: The same in words.
        sentences: What was found.
        logit: What it added to the logit of the probability.
        odds: The same as the number that it multiplies the odds by, > 0.
        share: Of all that moved the logit, whichever way, 0 to 1.
        strength: How much that is.
        strength_name: The same in words.
    """

    kind: Kind
    name: str
    sentences: tuple[Sentence, ...]
    logit: float
    odds: float
    share: float
    strength: Strength
    strength_name: str

    def text(self, shown: Callable[[str], str] = str) -> str:
        """Return the sentences as one text; `shown` as in `Sentence.text`."""
        return " ".join(sentence.text(shown) for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair has its probability.

    Attributes:
        summary: The probability in words, a guess of the relation, and what counts most.
        points: What moved the probability, the most first; without what hardly did.
    """

    summary: str
    points: tuple[Argument, ...]


def explain(
    evidence: Evidence, language: Language, ranks: Mapping[str, int] | None = None
) -> Explanation:
    """Return an explanation of a pair's probability.

    Args:
        evidence: Of the pair.
        language: Of the words.
        ranks: Generator → the candidate's 1-based rank there, as in `types.Candidate`; None where
            they are not known.
    """
    logits: dict[Kind, float] = defaultdict(float)
    for measure, logit in evidence.contributions.items():
        logits[kind_of(measure)] += logit
    moved = sum(map(abs, logits.values()))
    points = tuple(
        Argument(
            kind=kind,
            name=KINDS[language][kind],
            sentences=sentences(kind, _measured(evidence, kind), evidence, ranks, language),
            logit=logit,
            odds=math.exp(logit),
            share=abs(logit) / moved,
            strength=_strength(logit),
            strength_name=STRENGTHS[language][_strength(logit)],
        )
        for kind, logit in sorted(logits.items(), key=lambda item: (-abs(item[1]), item[0]))
        if abs(logit) >= LEAST
    )
    return Explanation(_summary(evidence, points, language), points)


def kind_of(measure: str) -> Kind:
    """Return what a measure is part of; `Kind.OTHER` for one that is not known."""
    name = measure.removesuffix(RELATIVE).removesuffix("_parts").partition(":")[0]
    return _KINDS.get(name, Kind.OTHER)


def _measured(evidence: Evidence, kind: Kind) -> dict[str, float]:
    """Return the known measures of a kind."""
    return {name: value for name, value in evidence.measures.items() if kind_of(name) is kind}


def _strength(logit: float) -> Strength:
    if abs(logit) < _SOME:
        return Strength.HARDLY
    if logit > 0:
        return Strength.STRONGLY_FOR if logit >= _MUCH else Strength.FOR
    return Strength.STRONGLY_AGAINST if logit <= -_MUCH else Strength.AGAINST


def _summary(evidence: Evidence, points: tuple[Argument, ...], language: Language) -> str:
    say = SENTENCES[language]
    if evidence.probability >= _CERTAIN:
        likely = say["more"]
    elif evidence.probability < 1 - _CERTAIN:
        likely = say["fewer"]
    else:
        likely = say["about"].format(count=round(100 * evidence.probability))
    telling = [point for point in points if point.strength is not Strength.HARDLY]
    for_it = [point.name for point in telling if point.logit > 0]
    against = [point.name for point in telling if point.logit < 0]
    parts = [
        likely,
        GUESSES[language].get(evidence.relation, ""),
        say["most_for"].format(kind=for_it[0]) if for_it else "",
        say["most_against"].format(kind=against[0]) if against else "",
    ]
    return " ".join(part for part in parts if part)
