"""What each kind of evidence found, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from iiif_dedup.evidence.explanation_words import ABOUT, SENTENCES, WAYS, Kind, Language
from iiif_dedup.evidence.measures import RELATIVE, Measure, Measures, area
from iiif_dedup.types import Evidence, MatchedRegion, MetadataPoint

LEAST = 0.1
"""Logit from which on evidence is told of: it changes the odds by a tenth."""
_AGREES, _AGREES_PARTLY = 0.7, 0.3
"""Correlations of pictures laid over each other."""
_MANY_PERCENT, _MOST_TIMES = 2.5, 10
"""From where on a distance is told in times, and up to where."""
_MOST_ZEROS = 100
"""Beyond that a number says nothing more to anybody."""
_USUAL, _PARTS = "efficientnet_lite0", "_parts"
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of ours, with words of others in it.

    Attributes:
        template: Our words; `{0}`, `{1}` and so on stand for the quotes.
        quotes: A catalogue's words or a descriptor's name, as they are: to be escaped.
    """

    template: str
    quotes: tuple[str, ...] = ()

    def text(self, shown: Callable[[str], str] = str) -> str:
        """Return the sentence.

        Args:
            shown: Makes of a quote what stands in the text, such as its escaped form.
        """
        return self.template.format(*map(shown, self.quotes))


def sentences(
    kind: Kind,
    measured: Measures,
    evidence: Evidence,
    ranks: Mapping[str, int] | None,
    language: Language,
) -> tuple[Sentence, ...]:
    """Return what was found by one kind of evidence.

    Args:
        kind: Of the evidence.
        measured: The known measures of that kind.
        evidence: Of the pair.
        ranks: As in `explanation.explain`.
        language: Of the words.
    """
    say = SENTENCES[language]
    if not measured:
        return (Sentence(say["unknown"]),)
    if kind is Kind.SAME_FILE:
        return (Sentence(say["same_file"]),)
    if kind is Kind.LOCAL:
        return tuple(map(Sentence, _local(evidence, language)))
    if kind in {Kind.CATALOGUES_AGREE, Kind.CATALOGUES_CONTRADICT}:
        agrees = kind is Kind.CATALOGUES_AGREE
        told = [point for point in evidence.metadata if point.agrees is agrees]
        return tuple(_statement(point, language) for point in told)
    return tuple(
        _nearness(name, kind, measured, ranks, language) for name in _telling(measured, evidence)
    )


def _telling(measured: Measures, evidence: Evidence) -> list[str]:
    """Return the generators that moved the probability, the most first; the best one at least."""
    moved = {
        name: abs(sum(evidence.contributions.get(name + end, 0.0) for end in ("", RELATIVE)))
        for name in sorted({name.removesuffix(RELATIVE) for name in measured})
    }
    order = sorted(moved, key=lambda name: -moved[name])
    return order[:1] + [name for name in order[1:] if moved[name] >= LEAST]


def _local(evidence: Evidence, language: Language) -> list[str]:
    say, regions = SENTENCES[language], evidence.regions
    if not regions:
        return [say["no_surface"]]
    zeros = int(max(region.surprise for region in regions))
    power = f"10{str(min(zeros, _MOST_ZEROS)).translate(_RAISED)}"
    found = say["surface" if len(regions) == 1 else "surfaces"].format(
        inliers=sum(region.inliers for region in regions), surfaces=len(regions)
    )
    chance = say["chance" if zeros <= _MOST_ZEROS else "less_than_chance"].format(power=power)
    told = [found + chance]
    if any(region.mirrored for region in regions):
        told.append(say["mirrored"])
    told.append(_filled(regions, language))
    overlay = evidence.measures.get(Measure.OVERLAY)
    if overlay is not None:
        told.append(_overlay(overlay, language))
    return told


def _filled(regions: tuple[MatchedRegion, ...], language: Language) -> str:
    anchor = min(1.0, sum(area(region.anchor) for region in regions))
    candidate = min(1.0, sum(area(region.candidate) for region in regions))
    return SENTENCES[language]["filled" if len(regions) == 1 else "filled_together"].format(
        anchor=round(100 * anchor), candidate=round(100 * candidate)
    )


def _overlay(correlation: float, language: Language) -> str:
    if correlation >= _AGREES:
        how = "overlay_agrees"
    else:
        how = "overlay_partly" if correlation >= _AGREES_PARTLY else "overlay_hardly"
    value = f"{correlation:.2f}".replace("-", "−")
    value = value.replace(".", ",") if language == "el" else value
    return SENTENCES[language][how].format(value=value)


def _nearness(
    generator: str,
    kind: Kind,
    measured: Measures,
    ranks: Mapping[str, int] | None,
    language: Language,
) -> Sentence:
    say, way = SENTENCES[language], WAYS[language][_way(generator, kind)]
    rank = None if ranks is None else ranks.get(generator)
    if ranks is None:
        place = say["compared"]
    elif rank is None:
        place = say["farther"]
    else:
        place = say["nearest"] if rank == 1 else say["ranked"]
    end = _away(measured.get(generator + RELATIVE), language)
    return Sentence(place.format(way=way, rank=rank) + end, (generator,) if "{0}" in way else ())


def _away(relative: float | None, language: Language) -> str:
    """Return the end of a sentence: how far away that is, beside the nearest ones' mean."""
    say = SENTENCES[language]
    if relative is None:
        return "."
    if relative < _MANY_PERCENT:
        return say["share"].format(share=round(100 * relative))
    name = "times" if relative <= _MOST_TIMES else "more_times"
    return say[name].format(times=min(round(relative), _MOST_TIMES))


def _way(generator: str, kind: Kind) -> str:
    """Return which of `WAYS` a generator compares by."""
    if generator in WAYS["en"]:
        return generator
    if kind is not Kind.LOOK:
        return "other"
    return {_USUAL: "look", _USUAL + _PARTS: "look_parts"}.get(generator, "look_by")


def _statement(point: MetadataPoint, language: Language) -> Sentence:
    say = SENTENCES[language]
    about = ABOUT[language].get(point.kind, point.kind)
    if point.agrees and point.anchor == point.candidate:
        return Sentence(say["same_words"].format(about=about), (point.anchor,))
    quotes = (point.anchor_label, point.anchor, point.candidate_label, point.candidate)
    return Sentence(
        say["agreement" if point.agrees else "contradiction"].format(about=about), quotes
    )
