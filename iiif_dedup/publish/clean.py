"""Taming of partner texts: nothing a partner wrote reaches a page as markup we did not allow.

Titles and labels become plain text. The few places where IIIF allows HTML (Presentation 3,
section 4.4: `summary`, and the values of `metadata` and `requiredStatement`) keep the tags that
Mirador shows, and only when the whole text is HTML by the specification's own sign: it begins
with `<` and ends with `>`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from urllib.parse import urlsplit

from iiif_dedup.types import Json

ALLOWED_TAGS = frozenset({"a", "b", "br", "i", "p", "span"})
"""The tags that Mirador's rule set `iiif` lets through, less `img`, which would load a tracker."""

_DROPPED_WITH_CONTENT = re.compile(
    r"<(script|style|template|iframe)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<[/!?a-zA-Z][^>]*(?:>|\Z)")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Control characters, and those that turn the direction of the text around them."""
_UNESCAPING_ROUNDS = 3
_KNOWN_RIGHTS = (
    "http://creativecommons.org/licenses/",
    "http://creativecommons.org/publicdomain/",
    "http://rightsstatements.org/vocab/",
)


def plain_text(value: object) -> str:
    """Return a partner's text without markup, control characters and runs of blanks.

    Entities are decoded, also doubly escaped ones, before tags are taken out: no order of
    escaping smuggles a tag through.
    """
    text = value if isinstance(value, str) else ""
    for _ in range(_UNESCAPING_ROUNDS):
        decoded = _without_tags(html.unescape(text))
        if decoded == text:
            break
        text = decoded
    text = _TAG.sub(" ", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def rich_text(value: object) -> str:
    """Return a text for a place where IIIF allows HTML: sanitised HTML, or plain text."""
    text = value.strip() if isinstance(value, str) else ""
    if not (text.startswith("<") and text.endswith(">")):
        return plain_text(text)
    sanitiser = _Sanitiser()
    sanitiser.feed(_INVISIBLE.sub("", _DROPPED_WITH_CONTENT.sub("", text)))
    sanitiser.close()
    return sanitiser.html()


def plain_language_map(value: object) -> dict[str, list[str]]:
    """Return a language map of plain texts; languages without a text left are dropped."""
    cleaned: dict[str, list[str]] = {}
    for language, texts in _items(value):
        kept = [text for text in (plain_text(item) for item in texts) if text]
        if kept:
            cleaned.setdefault(_language(language), []).extend(kept)
    return cleaned


def rich_language_map(value: object) -> dict[str, list[str]]:
    """Return a language map of texts that may be sanitised HTML; see `rich_text`."""
    cleaned: dict[str, list[str]] = {}
    for language, texts in _items(value):
        kept = [text for text in (rich_text(item) for item in texts) if text]
        if kept:
            cleaned.setdefault(_language(language), []).extend(kept)
    return cleaned


def best_text(titles: Mapping[str, object], language: str) -> str:
    """Return one plain title: in `language`, else English, else untagged, else any; maybe ""."""
    cleaned = plain_language_map(titles)
    for wanted in (language, "en", "none", *cleaned):
        if wanted in cleaned:
            return cleaned[wanted][0]
    return ""


def http_uri(value: object) -> str | None:
    """Return an absolute http or https URL as it is, None for anything else."""
    if not isinstance(value, str) or re.search(r"[\s\x00-\x1f\x7f\\<>\"]", value):
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None


def rights_uri(value: object) -> str | None:
    """Return `value` where Presentation 3, section 3.1, takes it as `rights`, else None.

    Only Creative Commons and RightsStatements.org are taken, and both define their URIs with
    `http`; partners often write `https`.
    """
    uri = http_uri(value)
    if uri is None:
        return None
    uri = "http://" + uri.partition("://")[2].removeprefix("www.")
    # RightsStatements.org has a page for people beside each URI, and partners copy its address.
    uri = uri.replace("http://rightsstatements.org/page/", "http://rightsstatements.org/vocab/", 1)
    return uri if uri.startswith(_KNOWN_RIGHTS) else None


def _without_tags(text: str) -> str:
    return _TAG.sub(" ", _COMMENT.sub(" ", _DROPPED_WITH_CONTENT.sub(" ", text)))


def _items(value: object) -> list[tuple[str, Sequence[Json]]]:
    if not isinstance(value, Mapping):
        return []
    return [
        (str(language), texts if isinstance(texts, list | tuple) else [texts])
        for language, texts in value.items()
    ]


def _language(tag: str) -> str:
    """Return a tag of letters and hyphens, which is all that IIIF's own schema takes."""
    return tag if re.fullmatch(r"[A-Za-z][A-Za-z-]*", tag) else "none"


class _Sanitiser(HTMLParser):
    """Writes the allowed tags again, closed in order, and everything else as escaped text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED_TAGS:
            return
        if tag == "br":
            self._parts.append("<br>")
            return
        link = http_uri(dict(attrs).get("href")) if tag == "a" else None
        attribute = f' href="{html.escape(link)}"' if link else ""
        self._parts.append(f"<{tag}{attribute}>")
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open:
                last = self._open.pop()
                self._parts.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        self._parts.append(html.escape(data, quote=False))

    def html(self) -> str:
        """Return what was written, with every tag closed."""
        return "".join(self._parts) + "".join(f"</{tag}>" for tag in reversed(self._open))
