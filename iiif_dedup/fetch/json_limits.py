"""JSON of bounded depth, with finite numbers and strings that every database stores."""

from __future__ import annotations

import json
import math
import re

from iiif_dedup.errors import FetchError, Reason
from iiif_dedup.types import Json

MAX_DEPTH = 100
"""Levels of arrays and objects; the deepest manifests seen have fewer than 20."""

# Escapes of surrogates and of NUL: rare, and the only way to get either past the decoder.
_SUSPECT_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


def parse_json(body: bytes, url: str) -> Json:
    """Return the document in a response body.

    A byte order mark is dropped, of repeated keys the last counts (RFC 8259, section 4), lone
    surrogates and NUL become U+FFFD.

    Args:
        body: UTF-8; UTF-16 and UTF-32 are recognised.
        url: Where it came from, for the message; already scrubbed.

    Raises:
        FetchError: NOT_JSON, or TOO_DEEP beyond `MAX_DEPTH` levels.
    """
    try:
        text = body.decode(json.detect_encoding(body))
        document: Json = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise _too_deep(url) from None
    except ValueError as error:
        start = body[:40].decode("latin-1")
        raise FetchError(
            Reason.NOT_JSON,
            f"Expected JSON from {url}, got {len(body)} bytes that begin {start!r}: {error}.",
        ) from None
    _check_depth(document, url)
    return _storable(document) if _SUSPECT_ESCAPE.search(text) else document


def _check_depth(document: Json, url: str) -> None:
    """Raise FetchError TOO_DEEP when arrays and objects are nested beyond the limit."""
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise _too_deep(url)


def _children(node: Json) -> list[Json]:
    """Return the arrays and objects directly within a node."""
    if isinstance(node, dict):
        return [child for child in node.values() if isinstance(child, dict | list)]
    if isinstance(node, list):
        return [child for child in node if isinstance(child, dict | list)]
    return []


def _storable(node: Json) -> Json:
    """Return a copy whose strings encode to UTF-8 and hold no NUL."""
    if isinstance(node, str):
        text = node.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(node, dict):
        return {str(_storable(key)): _storable(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_storable(value) for value in node]
    return node


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:40]} is too large")
    return value


def _too_deep(url: str) -> FetchError:
    return FetchError(
        Reason.TOO_DEEP,
        f"{url} nests arrays and objects more than {MAX_DEPTH} levels deep, so it was not read.",
    )
