"""A partner's key: sent to one origin in a header, and seen nowhere else."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus, urlsplit

from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict

from iiif_dedup.errors import SettingsError
from iiif_dedup.fetch.urls import checked, scrub

HIDDEN = "***"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


class Key:
    """The key of one source, or none.

    Args:
        secret: As the settings have it. What stands in front of a blank, as in "Bearer abc", is
            sent too and is no secret.
    """

    def __init__(self, secret: SecretStr | None) -> None:
        self._value = secret.get_secret_value() if secret is not None else ""
        self._forms = _forms(self._value)
        self._headers: dict[tuple[str, str, int | None], str] = {}

    def __bool__(self) -> bool:
        return bool(self._value)

    def send(self, header: str, url: str) -> None:
        """Let the key stand in this header of every request to the origin of a URL.

        Raises:
            SettingsError: There is no key, or the name cannot be a header's.
            FetchError: BAD_URL.
        """
        if not self:
            raise SettingsError(
                "This source needs a key. Write it into IIIF_DEDUP_SOURCE_KEYS, a JSON object "
                'such as {"SOURCE": "KEY"} with the key of the source, or into the table '
                "source_keys of the settings file."
            )
        if not _TOKEN.fullmatch(header):
            raise SettingsError(f"Expected the name of a header for the key, got {header[:100]!r}.")
        self._headers[_origin(checked(url))] = header

    def headers_for(self, url: str) -> dict[str, str]:
        """Return the header with the key for a checked URL; nothing for another origin."""
        header = self._headers.get(_origin(url))
        return {} if header is None else {header: self._value}

    def hide(self, text: str) -> str:
        """Return a text without the key and without other secrets of URLs."""
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return scrub(text)

    def hide_in_body(self, body: bytes) -> bytes:
        """Return a body without the key, in whichever way it is written there."""
        for form in self._forms:
            body = body.replace(form.encode(), HIDDEN.encode())
        return body

    def hide_in_headers(self, headers: Mapping[str, str]) -> CaseInsensitiveDict[str]:
        """Return headers without the key; other values stay as they are."""
        shown = CaseInsensitiveDict(headers)
        for form in self._forms:
            shown.update({name: value.replace(form, HIDDEN) for name, value in shown.items()})
        return shown


def _forms(value: str) -> tuple[str, ...]:
    """Return the ways in which a key may be written by a server, longest first."""
    if not value:
        return ()
    plain = {value, value.rsplit(maxsplit=1)[-1]}
    written = {
        form
        for text in plain
        for form in (
            text,
            quote(text, safe=""),
            quote_plus(text),
            html.escape(text),
            text.replace("/", "\\/"),
        )
    }
    return tuple(sorted(written, key=len, reverse=True))


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a checked URL (RFC 6454)."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or default
