"""What a request gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from iiif_dedup.types import Json, Validators

LONGEST_VALIDATOR = 1024
"""Characters of an ETag or a Last-Modified; a longer one is no use as a header."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response that the caller asked for.

    Attributes:
        url: The URL as it was asked for.
        final_url: The URL that answered, after redirects.
        status: HTTP status: 200 to 299, one that the caller named, or 304 when the document is
            still the one that the validators are of.
        headers: Response headers; names are looked up without regard to case.
        body: The body after decompression; empty with 304.
        validators: Of the document; both None when the server gives none.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    validators: Validators


@dataclass(frozen=True, slots=True)
class FetchedJson:
    """A JSON document.

    Attributes:
        url: The URL as it was asked for.
        final_url: The URL that answered, after redirects.
        document: What it holds; None when it is unchanged.
        validators: As in `Fetched`.
        unchanged: Whether the server answered 304 to the validators sent.
    """

    url: str
    final_url: str
    document: Json
    validators: Validators
    unchanged: bool = False


def validators_in(headers: Mapping[str, str], sent: Validators | None = None) -> Validators:
    """Return the validators of a response (RFC 9110, section 8.8).

    Args:
        headers: Of the response. A value that could not stand in a request again is left out.
        sent: The request's own, for what a 304 leaves out.
    """
    old = sent or Validators()
    return Validators(
        etag=_plain(headers.get("ETag")) or old.etag,
        last_modified=_plain(headers.get("Last-Modified")) or old.last_modified,
    )


def conditions(validators: Validators) -> dict[str, str]:
    """Return the headers that make a GET conditional (RFC 9110, sections 13.1.2 and 13.1.3)."""
    named = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in named.items() if value}


def _plain(value: str | None) -> str | None:
    """Return a header's value if it is short printable ASCII."""
    text = (value or "").strip()
    usable = text and len(text) <= LONGEST_VALIDATOR and text.isascii() and text.isprintable()
    return text if usable else None
