"""Which URLs are asked at all, and what of a URL may stand in a message or a row."""

from __future__ import annotations

import re
from urllib.parse import urldefrag, urljoin, urlsplit

from iiif_dedup.errors import FetchError, Reason

MAX_URL_LENGTH = 8192

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^/?#\s]*@")
_SECRET_VALUE = re.compile(
    r"(?i)([?&;](?:[a-z0-9_.-]*[_.-])?"
    r"(?:key|token|wskey|apikey|secret|password|signature|sig)=)[^&;#\s'\"]+"
)


def checked(url: str) -> str:
    """Return a URL that may be asked, without its fragment.

    Blanks, tabs and line ends around it are dropped; they are common in harvested metadata.

    Raises:
        FetchError: BAD_URL when it is no absolute http or https URL, is longer than
            `MAX_URL_LENGTH` or carries a user name or password.
    """
    stripped = url.strip(" \t\r\n")
    problem = _problem(stripped)
    if problem:
        raise FetchError(
            Reason.BAD_URL,
            f"Expected an absolute http or https URL, got {scrub(stripped)[:200]!r}: {problem}.",
        )
    return urldefrag(stripped).url


def joined(base: str, location: str) -> str:
    """Return the checked URL that a redirect from `base` leads to (RFC 9110, section 10.2.2).

    Raises:
        FetchError: BAD_URL as in `checked`.
    """
    try:
        target = urljoin(base, location.strip(" \t\r\n"))
    except ValueError:
        raise FetchError(
            Reason.BAD_URL, f"{scrub(base)} redirects to {location[:200]!r}, which is no URL."
        ) from None
    return checked(target)


def host_of(url: str) -> str:
    """Return the host of a checked URL in lower case, without its port."""
    return (urlsplit(url).hostname or "").rstrip(".")


def scrub(text: str) -> str:
    """Return a text in which URLs lost user names, passwords and the values of secret parameters.

    Parameters count as secret when their name is, or ends after `_`, `-` or `.` in, one of key,
    token, wskey, apikey, secret, password, signature, sig.
    """
    return _SECRET_VALUE.sub(r"\1***", _USERINFO.sub(r"\1***@", text))


def _problem(url: str) -> str | None:
    """Return what is wrong with a URL, None when nothing is."""
    if len(url) > MAX_URL_LENGTH:
        return f"longer than {MAX_URL_LENGTH} characters"
    if _FORBIDDEN.search(url):
        return "it holds a blank, a control character or a backslash"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "host or port do not parse"
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return "it must begin http:// or https:// and name a host"
    return "it carries a user name or password" if "@" in parts.netloc else None
