"""How a JSON catalogue is paged: where the next page of a list is.

The place in a list is the URL of a page, whichever way the pages are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field
from requests.utils import parse_header_links

from harvesters.json_expressions import ExpressionField
from harvesters.values import http_url
from iiif_dedup.errors import HarvestError, Reason


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list as it came.

    Attributes:
        url: As it was asked for.
        document: Its JSON.
        headers: Of the answer.
        count: How many members it holds.
    """

    url: str
    document: Any
    headers: Mapping[str, str]
    count: int


class _Paging(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )

    size_parameter: str | None = None
    size: int = Field(100, ge=1, le=10_000)

    def first(self, endpoint: str) -> str:
        """Return the URL of the first page."""
        return with_parameter(endpoint, self.size_parameter, self.size)


class ByNumber(_Paging):
    """Pages by a number in the query: of the page, or of members to leave out."""

    by: Literal["page", "offset"]
    parameter: str
    start: int | None = Field(None, ge=0)

    def first(self, endpoint: str) -> str:
        """Return the URL of the first page, which is number 1, or leaves out 0."""
        start = self.start if self.start is not None else int(self.by == "page")
        return with_parameter(super().first(endpoint), self.parameter, start)

    def following(self, page: Page) -> str | None:
        """Return the URL of the next page; a page without members is the last."""
        if page.count == 0:
            return None
        number = int(dict(parse_qsl(urlsplit(page.url).query))[self.parameter])
        step = 1 if self.by == "page" else page.count
        return with_parameter(page.url, self.parameter, number + step)


class ByCursor(_Paging):
    """Pages by a mark that each answer gives for the next."""

    by: Literal["cursor"]
    parameter: str
    next: ExpressionField

    def following(self, page: Page) -> str | None:
        """Return the URL of the next page; the answer without a mark is the last."""
        mark = self.next.text(page.document)
        return with_parameter(page.url, self.parameter, mark) if mark else None


class ByUrl(_Paging):
    """Pages whose answers give the URL of the next."""

    by: Literal["next"]
    next: ExpressionField

    def following(self, page: Page) -> str | None:
        """Return the URL of the next page; the answer without one is the last."""
        value = self.next.text(page.document)
        return _absolute(value, page.url) if value else None


class ByLinkHeader(_Paging):
    """Pages with the header `Link: <…>; rel="next"` (RFC 8288)."""

    by: Literal["link"]

    def following(self, page: Page) -> str | None:
        """Return the URL of the next page; the answer without such a link is the last."""
        for link in parse_header_links(page.headers.get("Link", "")):
            if "next" in link.get("rel", "").lower().split():
                return _absolute(link["url"], page.url)
        return None


Paging = Annotated[ByNumber | ByCursor | ByUrl | ByLinkHeader, Field(discriminator="by")]


def with_parameter(url: str, name: str | None, value: object) -> str:
    """Return a URL in whose query a parameter has this value; the URL itself without a name."""
    if name is None:
        return url
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*query, (name, str(value))])))


def _absolute(value: str, base: str) -> str:
    url = http_url(value, base)
    if url is None:
        raise HarvestError(
            Reason.BAD_URL,
            f"{base} names {value[:200]!r} as its next page, which is no URL.",
        )
    return url
