"""Who may do what: one key, or nobody but this machine.

With `IIIF_DEDUP_API_KEY` set, writing, searching and the operator's views need it as
`Authorization: Bearer`. Without, the service answers its own machine alone, and refuses what a
page of another site could make a browser do: foreign hosts (DNS rebinding), foreign origins
(cross-site requests) and bodies that a plain form can send.
"""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from flask import request

from api.context import service
from api.problems import ProblemError
from iiif_dedup.errors import SettingsError
from iiif_dedup.settings import Settings

_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_PROXY_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def check_exposure(settings: Settings) -> None:
    """Refuse settings that would let strangers write.

    Raises:
        SettingsError: There is no key, and the service would listen, or says it is reached,
            beyond loopback.
    """
    if settings.api_key.get_secret_value():
        return
    public = urlsplit(settings.base_url).hostname or ""
    for name, host in (("HOST", settings.host), ("PUBLIC_URL", public)):
        if not is_loopback(host):
            raise SettingsError(
                f"IIIF_DEDUP_{name} is {host!r}, beyond this machine, and there is no key: anyone "
                "could write. Set IIIF_DEDUP_API_KEY, or keep to 127.0.0.1."
            )


def guard() -> None:
    """Check the request before any view; see this module.

    Raises:
        ProblemError: It must not be answered.
    """
    if not _keyed():
        _keep_to_this_machine()
    if request.method in _SAFE_METHODS:
        return
    if _is_cross_site():
        raise ProblemError(
            "forbidden", "A page of another site may not write here; call the API directly."
        )
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if has_body and not request.is_json:
        raise ProblemError(
            "unsupported-media-type",
            f"Expected a body of application/json, got {request.mimetype or 'no media type'}.",
        )


def may_write() -> bool:
    """Tell whether the caller may write, search, and see the operator's views."""
    if not _keyed():
        return not _is_cross_site()
    key = service().settings.api_key.get_secret_value()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode("utf-8", "replace"), key.encode())
    return scheme.lower() == "bearer" and matches


def require_key() -> None:
    """Let only those pass who may write.

    Raises:
        ProblemError: 401, or 403 for a cross-site request to a service without a key.
    """
    if may_write():
        return
    if not _keyed():
        raise ProblemError("forbidden", "A page of another site may not search here.")
    raise ProblemError(
        "key-required",
        "Send the key as `Authorization: Bearer KEY`.",
        {"WWW-Authenticate": 'Bearer realm="iiif_dedup"'},
    )


def may_see_suggestions() -> bool:
    """Tell whether unreviewed suggestions are shown to this caller; see `settings.published`."""
    return service().settings.published == "all" or (_keyed() and may_write())


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _keyed() -> bool:
    return bool(service().settings.api_key.get_secret_value())


def _keep_to_this_machine() -> None:
    """Refuse callers from elsewhere, also those whom a proxy on this machine lets in."""
    forwarded = any(name in request.headers for name in _PROXY_HEADERS)
    if forwarded or not is_loopback(request.remote_addr or ""):
        raise ProblemError(
            "forbidden",
            "This service has no key and answers its own machine alone. The operator sets "
            "IIIF_DEDUP_API_KEY to open it.",
        )
    known = {*_LOOPBACK_NAMES, urlsplit(service().settings.base_url).hostname}
    host = _hostname(request.headers.get("Host", ""))
    if host not in known:
        raise ProblemError("wrong-host", f"Expected the host localhost, got {host!r}.")


def _hostname(host_header: str) -> str:
    try:
        return urlsplit(f"//{host_header}").hostname or ""
    except ValueError:
        return ""


def _is_cross_site() -> bool:
    """Tell whether a page of another site made a browser send this request.

    Other ports of this machine count as other sites: they may serve anything.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    own = urlsplit(service().settings.base_url)
    # The service is reached as localhost and as 127.0.0.1 alike, so Host tells the origin here;
    # `guard` has checked it where there is no key.
    return origin not in {f"{own.scheme}://{own.netloc}", f"http://{request.headers.get('Host')}"}
