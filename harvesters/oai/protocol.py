"""Requests of OAI-PMH 2.0: Identify, ListMetadataFormats, lists by page, single records.

Section 3.1: GET with URL-encoded arguments. A resumption token is opaque and exclusive: it is
encoded once and stands alone beside the verb (section 3.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from harvesters.oai import formats
from harvesters.oai.dates import Granularity, Window
from harvesters.oai.page import Identity, Member, Page, read_page
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher

_ACCEPT = "text/xml, application/xml;q=0.9, */*;q=0.1"
_WITH_ERRORS = frozenset({400, 404, 406, 409, 410, 413, 422})
"""Statuses that repositories answer with where the protocol wants 200 with an `error` element."""
_TIMES = 2
"""How often a page is asked for that cannot be parsed, since it may have been cut on its way."""


class Repository:
    """Asks one repository; it keeps nothing but what Identify says.

    Args:
        endpoint: The base URL; a copied `verb` argument is left out.
        fetcher: Asks politely.
        prefix: `metadataPrefix` of all requests; None chooses among those offered.
        thumbnails: Whether a preview is a picture where there is nothing better.
        prefix_with_token: Whether the prefix stands beside the token, as some servers demand.

    Attributes:
        base: The URL that is asked.
        granularity: The finest dates that it takes; days until `identify` was asked.
    """

    def __init__(
        self,
        endpoint: str,
        fetcher: Fetcher,
        *,
        prefix: str | None = None,
        thumbnails: bool = False,
        prefix_with_token: bool = False,
    ) -> None:
        self.base = _without_verb(endpoint)
        self.granularity = Granularity.DAYS
        self._fetcher = fetcher
        self._prefix = prefix
        self._thumbnails = thumbnails
        self._prefix_with_token = prefix_with_token

    def identify(self) -> Identity:
        """Return what Identify says; takes on the base URL that a redirect led to, if it agrees.

        Raises:
            FetchError: It cannot be fetched.
            HarvestError: It is no answer to Identify, or an error.
        """
        page, final_url = self._ask({"verb": "Identify"})
        if page.identity is None:
            raise self.refusal(page)
        final = _without_verb(final_url)
        if final != self.base and _place(final) == _place(page.identity.base_url):
            self.base = final
        self.granularity = page.identity.granularity
        return page.identity

    def prefix(self) -> str:
        """Return the `metadataPrefix` of all lists, chosen now when nobody has chosen it before.

        Raises:
            FetchError: The formats cannot be fetched.
            HarvestError: The answer cannot be read.
        """
        if self._prefix is None:
            page, _ = self._ask({"verb": "ListMetadataFormats"})
            self._prefix = formats.choose(page.formats)
        return self._prefix

    def page(self, verb: str, window: Window, token: str | None) -> Page:
        """Return the first page of a window's list, or the one that a token leads to.

        Args:
            verb: "ListRecords" or "ListIdentifiers".
            window: What is asked for.
            token: Of the page before.

        Raises:
            FetchError: It cannot be fetched, or is too large.
            HarvestError: It cannot be read, also when asked for again.
        """
        return self._ask(self._arguments(verb, window, token))[0]

    def record(self, identifier: str) -> tuple[Member | None, Page]:
        """Return one record, None where the page has none, with the page.

        Raises:
            FetchError: As `page`, so for `HarvestError`.
        """
        page, _ = self._ask(self._single(identifier))
        return (page.members[0] if page.members else None), page

    def record_url(self, identifier: str) -> str:
        """Return the URL of one record's GetRecord."""
        return self._url(self._single(identifier))

    def list_url(self, window: Window, token: str | None) -> str:
        """Return the URL of a page of ListRecords."""
        return self._url(self._arguments("ListRecords", window, token))

    def refusal(self, page: Page) -> HarvestError:
        """Return the error for a response that says no."""
        said = "; ".join(f"{code}: {message}" for code, message in page.errors) or "nothing of use"
        return HarvestError(
            Reason.PARTNER_REFUSED, f"The repository {self.base} answered {said[:800]}."
        )

    def _single(self, identifier: str) -> dict[str, str]:
        return {"verb": "GetRecord", "identifier": identifier, "metadataPrefix": self.prefix()}

    def _arguments(self, verb: str, window: Window, token: str | None) -> dict[str, str]:
        if token is not None:
            quirk = {"metadataPrefix": self.prefix()} if self._prefix_with_token else {}
            return {"verb": verb, **quirk, "resumptionToken": token}
        arguments = {"verb": verb, "metadataPrefix": self.prefix()}
        if window.start:
            arguments["from"] = self.granularity.write(window.start)
        if window.end:
            arguments["until"] = self.granularity.write(window.end)
        if window.set_spec:
            arguments["set"] = window.set_spec
        return arguments

    def _url(self, arguments: Mapping[str, str]) -> str:
        query = urlencode(arguments, quote_via=quote, safe="")
        return f"{self.base}{'&' if '?' in self.base else '?'}{query}"

    def _ask(self, arguments: Mapping[str, str]) -> tuple[Page, str]:
        """Return the response and the URL that answered, after redirects."""
        url = self._url(arguments)
        for attempt in range(1, _TIMES + 1):
            fetched = self._fetcher.get(url, accept=_ACCEPT, also=_WITH_ERRORS)
            failed = not 200 <= fetched.status < 300
            try:
                page = read_page(
                    fetched.body,
                    url,
                    limit=self._fetcher.policy.max_bytes,
                    thumbnails=self._thumbnails,
                )
            except HarvestError as error:
                if not failed and (attempt == _TIMES or error.reason != Reason.NOT_XML):
                    raise
                page = Page()
            if failed and not page.errors:
                raise FetchError(
                    Reason.HTTP_CLIENT_ERROR,
                    f"Expected an OAI-PMH response from {url}, but the server answered "
                    f"{fetched.status} without one.",
                    status=fetched.status,
                )
            if page.answered or page.errors:
                break
        return page, fetched.final_url


def _without_verb(url: str) -> str:
    """Return a URL without the arguments of the protocol, with others as they are."""
    parts = urlsplit(url)
    arguments = parse_qsl(parts.query, keep_blank_values=True)
    if not any(key == "verb" for key, _ in arguments):
        return url
    ours = {"verb", "metadataPrefix", "resumptionToken", "from", "until", "set", "identifier"}
    kept = urlencode([(key, value) for key, value in arguments if key not in ours])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, kept, ""))


def _place(url: str) -> tuple[str, str]:
    """Return host and path of a base URL, by which two of them are compared."""
    parts = urlsplit(url)
    return (parts.hostname or "", parts.path.rstrip("/"))
