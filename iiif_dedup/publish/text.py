"""What annotations and pages say, in English and Greek."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Literal

from iiif_dedup.publish.clean import best_text, plain_text
from iiif_dedup.publish.urls import Urls
from iiif_dedup.types import RecordView, RunView, Suggestion

Language = Literal["en", "el"]
LANGUAGES: tuple[Language, ...] = ("en", "el")

_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
"""Around a partner's text, so that its direction does not turn ours."""

_SENTENCES: dict[Language, dict[str, str]] = {
    "en": {
        "claim": "This may be the same artefact as",
        "from": "from",
        "compare": "Compare the two",
        "evidence": "Clone norm {norm}, threshold {threshold}; "
        "place {rank} among the candidates from {pool} pictures.",
        "status": "Suggested automatically by the recipe “{recipe}”; nobody has reviewed it yet.",
        "untitled": "Untitled record {identifier}",
    },
    "el": {
        "claim": "Ίσως πρόκειται για το ίδιο τέχνεργο με το",
        "from": "από",
        "compare": "Σύγκριση των δύο",
        "evidence": "Νόρμα κλώνου {norm}, κατώφλι {threshold}· "
        "θέση {rank} μεταξύ των υποψηφίων από {pool} εικόνες.",
        "status": "Αυτόματη πρόταση της συνταγής «{recipe}»· δεν την έχει ελέγξει κανείς ακόμη.",
        "untitled": "Εγγραφή {identifier} χωρίς τίτλο",
    },
}


def title(record: RecordView, language: Language) -> str:
    """Return a record's title as plain text, never empty; not escaped for HTML."""
    found = best_text(record.titles, language)
    identifier = plain_text(record.identifier) or record.id
    return found or _SENTENCES[language]["untitled"].format(identifier=identifier)


def comment(
    suggestion: Suggestion,
    run: RunView,
    threshold: float,
    *,
    why: Sequence[str],
    language: Language,
    urls: Urls,
) -> str:
    """Return the HTML that a curator reads beside the picture: claim, link, evidence, status.

    It holds the tags `a b p` alone, which Mirador's rule set `iiif` shows; everything of a
    partner's is escaped.

    Args:
        suggestion: What is suggested.
        run: By which search.
        threshold: What its norm is compared with.
        why: HTML without tags, a paragraph each.
        language: Of the words.
        urls: Where everything is.
    """
    say = _SENTENCES[language]
    candidate = suggestion.record
    link = html.escape(urls.viewer(run.record_id, candidate.id))
    evidence = say["evidence"].format(
        norm=number(suggestion.best.norm, language),
        threshold=number(threshold, language),
        rank=suggestion.best.rank,
        pool=run.pool_size,
    )
    return (
        f"<p>{say['claim']} <b>{quoted(title(candidate, language))}</b> "
        f"{say['from']} {quoted(plain_text(candidate.source_title))}.</p>"
        f'<p><a href="{link}">{say["compare"]}</a></p>'
        f"{''.join(f'<p>{one}</p>' for one in why)}"
        f"<p>{evidence}</p>"
        f"<p>{say['status'].format(recipe=html.escape(run.recipe))}</p>"
    )


def number(value: float, language: Language) -> str:
    """Return a number with three decimals and the language's decimal sign."""
    text = f"{value:.3f}"
    return text.replace(".", ",") if language == "el" else text


def quoted(partner_text: str) -> str:
    """Return a partner's text for HTML, kept from turning the direction of what is around it."""
    return f"{_ISOLATE}{html.escape(partner_text)}{_END_ISOLATE}"
