"""Catalogues' words made comparable: whatever case, accents, script, ending and markup.

`plain` is what is shown again, `fold` what is parsed, `root` what terms of a glossary are found
by, `stem` what names are compared by. A stem brings Greek and its usual transliterations
together (Άβδηρα and Abdera, Κομοτηνή and Komotini), at the price of a few unlike words that meet.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import Final

MAX_TEXT: Final = 1_000
"""Characters of one text that are looked at; catalogues' statements are far shorter."""
MAX_CITED: Final = 300
"""Characters of a catalogue's words that are cited, and so may be read again."""
MAX_WORDS: Final = 60
"""Words of one text that are compared."""

_TAG: Final = re.compile(r"<[/!?a-zA-Z][^<>]{0,300}>")
_BREAK: Final = re.compile(r"<(?:br|/p|/li|/div)\b[^<>]{0,100}>", re.IGNORECASE)
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212]")
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")
_GREEK: Final = {
    ord(letter): latin
    for letter, latin in zip("αβγδεζηικλμνξοπρσςτυω", "abgdezeiklmnxoprsstyo", strict=True)
} | {ord("θ"): "th", ord("φ"): "ph", ord("χ"): "ch", ord("ψ"): "ps"}
_ALIKE: Final = (
    ("oy", "u"), ("ou", "u"), ("ey", "eu"), ("ay", "au"), ("x", "ks"), ("kh", "χ"), ("ch", "χ"),
    ("ph", "f"), ("h", ""), ("ck", "k"), ("c", "k"), ("q", "k"), ("v", "b"), ("w", "b"),
    ("j", "i"), ("ai", "e"), ("ae", "e"), ("oi", "e"), ("oe", "e"), ("ei", "e"), ("y", "i"),
    ("e", "i"),
)  # fmt: skip
"""Spellings of one sound, in this order; ευ and αυ keep their u."""
_DOUBLED: Final = re.compile(r"(.)\1+")
_ENDINGS: Final = ("us", "os", "as", "is", "on", "u", "a", "i", "o", "s")
_SHORTEST_STEM: Final = 3
_INFLECTIONS: Final = (
    ("ουσ", 3), ("εισ", 3), ("ων", 3), ("οσ", 3), ("ου", 3), ("ησ", 3), ("ασ", 3), ("εσ", 3),
    ("οι", 3), ("ο", 3), ("η", 3), ("α", 3), ("ι", 3),
    ("oi", 4), ("os", 4), ("ae", 4), ("es", 4), ("e", 4), ("a", 4), ("s", 3),
)  # fmt: skip
"""Endings with the letters that have to remain."""


def plain(value: object) -> str:
    """Return a text without markup, control and direction characters; "" for what is no text."""
    return " ".join(plain_lines(value))


def plain_lines(value: object) -> tuple[str, ...]:
    """Return the lines of a text as `plain` gives them, without empty ones."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ()
    return _lines(str(value)[:MAX_TEXT])


@lru_cache(maxsize=4096)
def _lines(text: str) -> tuple[str, ...]:
    if "<" in text or "&" in text:
        text = html.unescape(html.unescape(text))[:MAX_TEXT]
        text = _TAG.sub(" ", _BREAK.sub("\n", text))
    return tuple(line for line in map(_clean_line, text.splitlines()) if line)


def _clean_line(text: str) -> str:
    if not text.isprintable():
        text = "".join(
            char for char in text if char.isspace() or unicodedata.category(char) not in _UNSEEN
        )
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return a text without case and accents, every dash as "-", "²" as "2"."""
    decomposed = unicodedata.normalize("NFKD", _DASHES.sub("-", text[:MAX_TEXT]))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.casefold()[: 2 * MAX_TEXT].replace("ς", "σ")


def latin(folded_text: str) -> str:
    """Return a folded text with its Greek letters written in Latin ones."""
    return folded_text.translate(_GREEK)


@lru_cache(maxsize=16384)
def stem(folded_word: str) -> str:
    """Return what a folded word has in common with its other forms and spellings."""
    text = latin(folded_word)
    for spelling, sound in _ALIKE:
        text = text.replace(spelling, sound)
    text = _DOUBLED.sub(r"\1", text) if not text.isdigit() else text
    for ending in _ENDINGS:
        if text.endswith(ending) and len(text) - len(ending) >= _SHORTEST_STEM:
            return text[: -len(ending)]
    return text


@lru_cache(maxsize=16384)
def root(folded_word: str) -> str:
    """Return a folded word without the ending of its number and case; its script stays."""
    for ending, shortest in _INFLECTIONS:
        if folded_word.endswith(ending) and len(folded_word) - len(ending) >= shortest:
            return folded_word[: -len(ending)]
    return folded_word


def stems(text: str) -> list[str]:
    """Return the stems of a text's words and numbers in order, the first `MAX_WORDS`."""
    return [stem(word) for word in _words(text)]


def roots(text: str) -> list[str]:
    """Return the roots of a text's words and numbers in order, the first `MAX_WORDS`."""
    return [root(word) for word in _words(text)]


def _words(text: str) -> list[str]:
    return [match.group() for match in islice(_WORD.finditer(fold(text)), MAX_WORDS)]
