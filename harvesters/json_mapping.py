"""What in a catalogue's JSON is what of a record: the mapping that an operator writes.

docs/how-to/harvest-a-json-catalogue.md explains each field with an example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harvesters.json_expressions import Expression, ExpressionField, TemplateField, TextsField
from harvesters.json_paging import Paging
from harvesters.values import (
    as_list,
    clean_text,
    first_text,
    language_map,
    positive_int,
    titles,
)
from iiif_dedup.errors import HarvestError, Reason
from iiif_dedup.types import Deletion, ImageRef, Json, Record

MAX_IDENTIFIER = 1_000
MAX_IMAGES = 5_000
"""Most pictures of one record."""


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )


class _Facet(_Part):
    label: str | dict[str, str]
    value: TextsField


class _Images(_Part):
    each: ExpressionField
    url: ExpressionField | None = None
    service: ExpressionField | None = None
    width: ExpressionField | None = None
    height: ExpressionField | None = None
    format: ExpressionField | None = None

    @model_validator(mode="after")
    def _has_address(self) -> Self:
        if self.url is None and self.service is None:
            raise ValueError("needs `url`, `service`, or both")
        return self


class _Detail(_Part):
    url: TemplateField
    item: ExpressionField = Expression("@")

    def address(self, identifier: str) -> str:
        """Return where the full description of a member is.

        Raises:
            HarvestError: BAD_URL when its identifier gives none.
        """
        url = self.url.fill(identifier)
        if url is None:
            raise HarvestError(
                Reason.BAD_URL, f"The identifier {identifier[:200]!r} makes no URL of its own."
            )
        return url


class _Since(_Part):
    parameter: str
    format: str = "%Y-%m-%dT%H:%M:%SZ"
    template: str = Field("{value}", pattern=r"^[^{}]*\{value\}[^{}]*$")

    def value(self, time: datetime) -> str:
        """Return the parameter's value that asks for what changed since."""
        return self.template.replace("{value}", time.strftime(self.format))


class JsonMapping(_Part):
    """A mapping, checked and compiled.

    Attributes:
        items: Finds the list of members in a page.
        total: Finds how many members there are in all.
        paging: How to get to the next page; None for a list in one answer.
        since: How to ask for what changed only.
        detail: Where each member's full description is, when the list is short.

    The others are read from a member, or from its full description, and named as in `Record`;
    `deleted` tells a member that the partner has withdrawn, and stands in the list. Where
    `manifest` is given and `images` is not, the pictures are read from the manifest.
    """

    items: ExpressionField
    identifier: ExpressionField
    total: ExpressionField | None = None
    paging: Paging | None = None
    since: _Since | None = None
    detail: _Detail | None = None
    deleted: ExpressionField | None = None
    titles: TextsField
    facets: list[_Facet] = []
    images: _Images | None = None
    rights: ExpressionField | None = None
    provider: TextsField | None = None
    landing_page: ExpressionField | None = None
    manifest: ExpressionField | None = None
    datestamp: ExpressionField | None = None

    @property
    def asks_for_each(self) -> bool:
        """Whether each member costs a request of its own."""
        return self.detail is not None or (self.manifest is not None and self.images is None)

    def key(self, member: object) -> str:
        """Return the identifier of a member of the list.

        Raises:
            HarvestError: MAPPING_FAILED when there is none.
        """
        identifier = self.identifier.text(member)
        if not identifier or len(identifier) > MAX_IDENTIFIER:
            raise HarvestError(
                Reason.MAPPING_FAILED,
                f"Expected an identifier of 1 to {MAX_IDENTIFIER} characters, got "
                f"{len(identifier)} from {clean_text(str(member))[:200]!r}.",
            )
        return identifier

    def deletion(self, member: object, identifier: str) -> Deletion | None:
        """Return that a member of the list is withdrawn, None when it is not."""
        return Deletion(identifier) if self.deleted and self.deleted.read(member) else None

    def record(self, node: object, identifier: str, url: str) -> Record:
        """Return the record that a node describes.

        Args:
            node: The member, or its full description.
            identifier: As `key` gave it.
            url: Where the node came from; the base of relative URLs.

        Raises:
            HarvestError: MAPPING_FAILED.
        """
        return Record(
            identifier=identifier,
            titles=titles(self.titles.parts(node)),
            images=tuple(self._pictures(node, url)),
            facets=tuple(self._pairs(node)),
            rights=self.rights.url(node, url) if self.rights else None,
            provider=first_text(self.provider.read(node)) if self.provider else None,
            landing_page=self.landing_page.url(node, url) if self.landing_page else None,
            manifest_url=self.manifest.url(node, url) if self.manifest else None,
            datestamp=(self.datestamp.text(node)[:100] or None) if self.datestamp else None,
        )

    def _pairs(self, node: object) -> Iterator[Mapping[str, Json]]:
        for facet in self.facets:
            value = facet.value.read(node)
            if value:
                yield {"label": language_map(facet.label), "value": value}

    def _pictures(self, node: object, base: str) -> Iterator[ImageRef]:
        """Yield the pictures that can be fetched, each once."""
        chosen = self.images
        if chosen is None:
            return
        seen: set[str] = set()
        for entry in as_list(chosen.each.read(node))[:MAX_IMAGES]:
            service = chosen.service.url(entry, base) if chosen.service else None
            service = service.removesuffix("/info.json").rstrip("/") if service else None
            url = chosen.url.url(entry, base) if chosen.url else None
            url = url or (f"{service}/full/max/0/default.jpg" if service else None)
            if url is None or (service or url) in seen:
                continue
            yield ImageRef(
                position=len(seen),
                url=url,
                service_id=service,
                width=_pixels(chosen.width, entry),
                height=_pixels(chosen.height, entry),
                format=(chosen.format.text(entry)[:100] or None) if chosen.format else None,
            )
            seen.add(service or url)


def _pixels(expression: Expression | None, entry: Any) -> int | None:
    return positive_int(expression.read(entry)) if expression else None
