"""Cleaning of values from partners: texts, language maps, URLs, numbers.

Nothing here raises: a value of a wrong shape becomes what can honestly be read from it, or
nothing. Markup stays in texts as data; publishing sanitises it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from iiif_dedup.types import Json, LanguageMap

MAX_TEXT = 10_000
"""Most characters of one text; longer ones are cut."""
MAX_URL = 4_096
"""Most characters of a URL; longer ones are refused, since a cut URL is another URL."""
MAX_VALUES = 200
"""Most languages in a map, and most values in one language."""
MAX_TITLE = 1_000
"""Most characters of one title."""
MAX_PAIRS = 500
"""Most pairs of label and value in the metadata of a resource."""
MAX_DEPTH = 24
"""Deepest nesting that is kept of a partner's JSON."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NO_URL = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
_UNESCAPED = re.compile(r"""[\s<>"^`{|}]""")
_DIGITS = re.compile(r"[0-9]{1,10}\Z")
_LANGUAGE_TAG = re.compile(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*\Z")


def as_list(value: object) -> list[Any]:
    """Return a list as it is, None as an empty list, anything else as a list of itself."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def mappings(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects in `value`, which may be a list, one object, or something else."""
    return [item for item in as_list(value) if isinstance(item, Mapping)]


def clean_text(value: object) -> str:
    """Return a text or number without control characters and outer blanks; "" for the rest."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _CONTROL.sub("", str(value)[:MAX_TEXT]).strip()


def language_map(value: object) -> LanguageMap:
    """Return a language map (Presentation 3, section 4.2), {} when there is no text in it.

    Besides the right shape it reads what partners write instead: a text, a list of texts, a
    text where a list belongs, and version 2's `{"@value": …, "@language": …}`.
    """
    texts: dict[str, list[str]] = {}
    for item in as_list(value):
        if not isinstance(item, Mapping):
            _add(texts, "none", item)
        elif "@value" in item:
            _add(texts, item.get("@language"), item["@value"])
        else:
            for tag, values in item.items():
                for text in as_list(values):
                    _add(texts, tag, text)
    return {tag: tuple(values) for tag, values in texts.items()}


def _add(texts: dict[str, list[str]], tag: object, value: object) -> None:
    text = clean_text(value)
    if not text:
        return
    if not isinstance(tag, str) or not _LANGUAGE_TAG.match(tag):
        tag = "none"
    if tag in texts or len(texts) < MAX_VALUES:
        values = texts.setdefault(tag, [])
        if len(values) < MAX_VALUES:
            values.append(text)


def titles(label: object) -> LanguageMap:
    """Return a `label` as a language map of short texts."""
    return {
        tag: tuple(text[:MAX_TITLE] for text in texts) for tag, texts in language_map(label).items()
    }


def label_value_pairs(pairs: object) -> tuple[dict[str, Json], ...]:
    """Return the `{"label": LanguageMap, "value": LanguageMap}` pairs that have a value.

    Serves `metadata` and `requiredStatement` (Presentation 3, section 3.1).
    """
    clean: list[dict[str, Json]] = []
    for pair in mappings(pairs)[:MAX_PAIRS]:
        value = language_map(pair.get("value"))
        if value:
            clean.append({"label": titles(pair.get("label")), "value": value})
    return tuple(clean)


def first_text(texts: LanguageMap) -> str | None:
    """Return one text for a place that holds only one: English, else untagged, else the first."""
    for values in (texts.get("en"), texts.get("none"), *texts.values()):
        if values:
            return values[0]
    return None


def node_id(node: Mapping[str, Any]) -> object:
    """Return the `id` of a node, or its `@id`, which partners write into version 3 as well."""
    return node.get("id") or node.get("@id")


def http_url(value: object, base: str) -> str | None:
    """Return `value` as an absolute http or https URL, None when it is not one.

    Blanks and other characters that partners forget to escape are escaped, as browsers do;
    control characters and backslashes, which hide the real host from some readers, and user names
    are refused.

    Args:
        value: What the partner wrote; a relative reference is resolved against `base`.
        base: URL of the document it stands in.
    """
    if not isinstance(value, str) or not value.strip() or _NO_URL.search(value.strip()):
        return None
    try:
        url = urljoin(base, value.strip())
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        valid = valid and "@" not in parts.netloc
    except ValueError:
        return None
    url = _UNESCAPED.sub(lambda match: quote(match[0]), url)
    return url if valid and len(url) <= MAX_URL else None


def first_url(value: object, base: str) -> str | None:
    """Return the first http or https URL among texts, or nodes with ids; see `http_url`."""
    for item in as_list(value):
        url = http_url(node_id(item) if isinstance(item, Mapping) else item, base)
        if url is not None:
            return url
    return None


def positive_int(value: object) -> int | None:
    """Return a length in pixels, None unless it is a whole number from 1 to 2³¹ - 1.

    Digits in quotes, as version 1 documents have them, count as a number.
    """
    if isinstance(value, str) and _DIGITS.match(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 1 <= value < 2**31 or value != int(value):
        return None
    return int(value)
