"""Nothing a partner wrote gets through as markup that was not allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iiif_dedup.publish.clean import (
    ALLOWED_TAGS,
    best_text,
    http_uri,
    plain_language_map,
    plain_text,
    rich_language_map,
    rich_text,
    rights_uri,
)

PIECES = st.sampled_from(
    ["<", ">", "</", "script", "&lt;", "&amp;lt;", "&#60;", "img src=x onerror=alert(1)", "<!--",
     "-->", "<style>", "</style>", '"', "'", "a", " ", "<b>", "</b>", "<a href='javascript:x'>",
     "<p onclick=x>", "\x00", "\u202e", "ξ", "<br/>", "<![CDATA[", "]]>", "<svg/onload=x>"]
)  # fmt: skip
WILD = st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Kylix", "Kylix"),
        ("  Two\n lines ", "Two lines"),
        ("<b>Kylix</b>", "Kylix"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("Black &amp; red", "Black & red"),
        ("<script>alert(1)</script>Kylix", "Kylix"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Kylix", "Kylix"),
        ("&amp;lt;img src=x&amp;gt;Kylix", "Kylix"),
        ("Kylix<img src=x onerror=alert(1)", "Kylix"),
        ("\u202eKylix\x00", "Kylix"),
        (None, ""),
        (7, ""),
    ],
)
def test_titles_become_plain(written: object, shown: str) -> None:
    assert plain_text(written) == shown


@given(WILD)
def test_no_tag_survives_in_a_title(text: str) -> None:
    assert not re.search(r"<[a-zA-Z/!?]", plain_text(text))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Plain & simple", "Plain & simple"),
        ("<p>A <b>bold</b> claim</p>", "<p>A <b>bold</b> claim</p>"),
        ('<a href="https://a.example/?x=1&amp;y=2" onclick="x()">A</a>',
         '<a href="https://a.example/?x=1&amp;y=2">A</a>'),
        ('<a href="javascript:alert(1)">A</a>', "<a>A</a>"),
        ("<p><i>open</p>", "<p><i>open</i></p>"),
        ("<p>x<script>alert(1)</script></p>", "<p>x</p>"),
        ("<p>1 &lt; 2<br/>3</p>", "<p>1 &lt; 2<br>3</p>"),
        ("<ul><li>item</li></ul>", "item"),
        ("a <b>b</b>", "a b"),
    ],
)  # fmt: skip
def test_rich_text_keeps_what_viewers_show(written: str, shown: str) -> None:
    assert rich_text(written) == shown


@given(WILD.map(lambda text: f"<p>{text}</p>"))
def test_rich_text_holds_allowed_tags_alone(text: str) -> None:
    tags = re.findall(r"<(/?)([a-zA-Z!?][a-zA-Z]*)([^>]*)>", rich_text(text))
    assert {name for _, name, _ in tags} <= ALLOWED_TAGS
    assert all(
        not attributes or re.fullmatch(r' href="https?://[^"]*"', attributes)
        for _, _, attributes in tags
    )


def test_language_maps_keep_what_has_text() -> None:
    titles = {"en": ["<b>Cup</b>", "<br>"], "el": "Κύλιξ", "es-419": ["Copa"], "x y": [3]}
    assert plain_language_map(titles) == {"en": ["Cup"], "el": ["Κύλιξ"], "none": ["Copa"]}
    assert rich_language_map({"en": ["<p>x</p>"]}) == {"en": ["<p>x</p>"]}
    assert plain_language_map(None) == {}


def test_the_best_title() -> None:
    assert best_text({"de": ["Schale"], "en": ["Cup"]}, "el") == "Cup"
    assert best_text({"de": ["Schale"]}, "el") == "Schale"
    assert best_text({}, "el") == ""


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "http://creativecommons.org/licenses/by/4.0/"),
        ("http://rightsstatements.org/page/InC/1.0/", "http://rightsstatements.org/vocab/InC/1.0/"),
        ("http://www.rightsstatements.org/vocab/InC/1.0/", "http://rightsstatements.org/vocab/InC/1.0/"),
        ("https://museum.example/rights", None),
        ("All rights reserved", None),
        (None, None),
    ],
)  # fmt: skip
def test_rights_are_what_the_specification_takes(written: object, found: str | None) -> None:
    assert rights_uri(written) == found


@pytest.mark.parametrize(
    "value",
    ["javascript:alert(1)", "data:text/html,x", "/x", "http://", "http://[", 'http://a/"', 5],
)
def test_what_is_no_link(value: object) -> None:
    assert http_uri(value) is None


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        ({"el": ["Κύλιξ"], "en": ["Kylix"]}, "Κύλιξ"),
        ({"de": ["Schale"], "en": ["Kylix"]}, "Kylix"),
        ({"de": ["Schale"], "none": ["K 1"]}, "K 1"),
        ({"el": [" "], "de": ["Schale"]}, "Schale"),
        ({"el": []}, ""),
        ({}, ""),
    ],
)
def test_one_title_is_chosen(titles: Mapping[str, list[str]], expected: str) -> None:
    assert best_text(titles, "el") == expected
