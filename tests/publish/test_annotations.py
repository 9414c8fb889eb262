"""Annotations: valid, stable, few, and safe to show."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from iiif_dedup.publish.annotations import (
    MAX_ON_A_PAGE,
    Shown,
    annotation,
    annotation_id,
    page,
    shown,
)
from iiif_dedup.publish.clean import ALLOWED_TAGS
from iiif_dedup.publish.text import LANGUAGES, Language, title
from iiif_dedup.types import Evidence, MatchedRegion, Relation, RunView, Suggestion
from tests.publish.examples import URLS, assert_valid, image_view, record_view, run_view, suggestion

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202eשלום"


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_and_annotations_are_valid(shared: Path, language: Language) -> None:
    run = run_view()
    document = page(URLS.page(run.record_id, 0), [Shown(run, suggestion(), 1.5)], language, URLS)
    assert_valid(document, shared)
    assert_valid(page(URLS.page(run.record_id, 0), [], language, URLS), shared)
    (node,) = document["items"]
    assert_valid({"@context": document["@context"], **node}, shared)
    text, link = node["body"]
    assert (text["type"], text["format"], text["language"]) == (
        "TextualBody", "text/html", language
    )  # fmt: skip
    assert link["source"]["id"] == "https://berlin.example/canvas/3"
    assert link["source"]["partOf"][0]["id"] == URLS.manifest("b" * 20)
    assert node["target"]["source"]["id"] == "https://partner.example/canvas/0"
    assert node["motivation"] == ["linking", "commenting"]
    assert node["modified"] == "2026-11-21T09:30:00Z"


def test_what_a_curator_reads() -> None:
    english = annotation(Shown(run_view(), suggestion(), 1.6), "en", URLS)["body"][0]["value"]
    assert "This may be the same artefact as <b>\u2068Kylix\u2069</b>" in english
    assert (
        "Clone norm 0.400, threshold 1.600; place 1 among the candidates from 1000 pictures."
        in english
    )
    assert f'href="{URLS.viewer("a" * 20, "b" * 20)}"' in english
    greek = annotation(Shown(run_view(), suggestion(), 1.6), "el", URLS)["body"][0]["value"]
    assert "το ίδιο τέχνεργο με το <b>\u2068Κύλιξ\u2069</b>" in greek
    assert "0,400" in greek


def test_hostile_titles_are_only_text() -> None:
    hostile = suggestion(titles={"en": [HOSTILE], "el": [HOSTILE + "&lt;script&gt;"]})
    hostile = replace(hostile, record=replace(hostile.record, source_title=HOSTILE))
    for language in LANGUAGES:
        item = Shown(run_view(recipe="<x>"), hostile, 1.5)
        html = annotation(item, language, URLS)["body"][0]["value"]
        assert set(re.findall(r"</?([a-zA-Z]+)", html)) <= ALLOWED_TAGS
        assert "onerror" not in html
        assert "\u202e" not in html
        assert "שלום" in html


def test_a_record_without_title_is_named_by_its_identifier() -> None:
    assert title(record_view(titles={}), "en") == "Untitled record K 12"
    assert title(record_view(titles={}), "el") == "Εγγραφή K 12 χωρίς τίτλο"


def test_a_page_shows_the_first_few() -> None:
    norms = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.6]
    found = [suggestion(norm, f"{n:020d}") for n, norm in enumerate(norms)]
    first = [item.suggestion.best.norm for item in shown(run_view(), found, 1.5)]
    assert first == norms[:MAX_ON_A_PAGE]


def test_the_id_outlives_runs_and_depends_on_canvas_and_candidate_alone() -> None:
    def of(run: RunView, found: Suggestion, language: Language = "en") -> str:
        return str(annotation(Shown(run, found, 1.5), language, URLS)["id"])

    first = of(run_view(), suggestion(0.4))
    assert first == of(run_view(id="other", mu=2.0), suggestion(0.2), "el")
    assert first != of(run_view(), suggestion(record_id="c" * 20))
    assert first != of(run_view(anchor=image_view(1)), suggestion())
    name = annotation_id("a" * 20, "https://partner.example/canvas/0", "b" * 20)
    assert first == f"https://dedup.example/iiif/annotations/{name}"


def test_a_candidate_stands_once_on_a_page() -> None:
    twice = [Shown(run_view(), suggestion(norm), 1.5) for norm in (0.4, 0.9)]
    document = page("https://dedup.example/p", twice, "en", URLS)
    assert len(document["items"]) == 1


def test_reasons_are_paragraphs_and_regions_are_named(shared: Path) -> None:
    region = MatchedRegion(
        anchor=((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)),
        candidate=((0, 0), (1, 0), (1, 1), (0, 1)),
        inliers=20,
        surprise=30.0,
        mirrored=False,
    )
    evidence = Evidence(0.9, Relation.SAME_OBJECT, {}, {}, (region,), (), "1")
    found = suggestion()
    found = replace(found, best=replace(found.best, evidence=evidence))
    run = run_view()
    anchor = replace(
        run.anchor, canvas_width=1000, canvas_height=500, pixel_width=200, pixel_height=100
    )
    node = annotation(Shown(replace(run, anchor=anchor), found, 1.5, ("One.", "Two.")), "en", URLS)
    document = page(URLS.page(run.record_id, 0), [Shown(run, found, 1.5)], "en", URLS)
    assert_valid(document, shared)
    assert "<p>One.</p><p>Two.</p>" in node["body"][0]["value"]
    assert node["target"]["selector"]["value"] == "xywh=100,50,400,200"
    assert "selector" not in node["body"][1]  # the whole of the other picture
