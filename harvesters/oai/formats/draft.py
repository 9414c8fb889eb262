"""A record in the making: what a metadata format's reader puts together.

Which URLs are pictures is decided here, for all formats alike: by media type, by extension, by
being an Image API request. A preview is no picture, unless it is an Image API request, whose
service has the whole; what only a preview shows is left out as long as the source does not ask
for thumbnails.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from harvesters.oai.xml import Element
from harvesters.values import MAX_PAIRS, clean_text, http_url, language_map, titles
from iiif_dedup.types import ImageRef, Json, Record

MAX_IMAGES = 20_000
"""Most pictures of one record."""

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BREAK = re.compile(r"<(?:br|/p|/li|/div|/h\d)\b[^<>]*>", re.IGNORECASE)
_ESCAPED_TAG = re.compile(r"&(?:amp;)*lt;/?[A-Za-z]")
_IMAGE_PATH = re.compile(r"\.(?:jpe?g|png|tiff?|gif|webp|jp2)\Z", re.IGNORECASE)
_OTHER_PATH = re.compile(
    r"\.(?:pdf|html?|xml|txt|mp[34]|mpe?g|wav|ogg|webm|zip|json|epub|docx?|obj|stl|ply|glb)\Z|/pdf\Z",
    re.IGNORECASE,
)
_IMAGE_TYPE = re.compile(r"(?:image/[\w.+-]+|jpe?g|png|tiff?|gif|webp|jp2)\Z", re.IGNORECASE)
_THUMBNAIL = re.compile(r"thumb|[._-]th\.\w+\Z|/preview\b", re.IGNORECASE)
_MANIFEST = re.compile(
    r"iiif.*manifest|/manifest(?:\.json)?/?\Z|/presentation/[23]/", re.IGNORECASE
)
_IMAGE_REQUEST = re.compile(
    r"(https?://.+)/(?:full|square)/[^/]+/!?[\d.]+/(?:default|native|color|gray|grey|bitonal)\.\w+\Z"
)
_INFO = "/info.json"


def local_name(element: Element) -> str:
    """Return an element's name without its namespace; "" for what is no element."""
    tag = element.tag
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def children(element: Element, *names: str) -> list[Element]:
    """Return the descendants at the end of a path of names, whatever their namespaces."""
    found = [element]
    for name in names:
        found = [child for parent in found for child in parent if local_name(child) == name]
    return found


def text_of(element: Element) -> str:
    """Return the text of an element with all below it as plain text."""
    if len(element) == 0:
        return plain_text(element.text or "")
    return plain_text("".join(str(text) for text in element.itertext()))


def language_of(element: Element) -> str | None:
    """Return the language of an element, its own or that of the nearest element above."""
    node: Element | None = element
    while node is not None:
        tag = node.get(_LANG) or node.get("lang")
        if tag:
            return tag
        node = node.getparent()
    return None


def plain_text(value: str) -> str:
    """Return a text without markup, also where it was escaped once or twice too often."""
    text = value
    for _ in range(3 if "&" in text else 0):
        if not _ESCAPED_TAG.search(text):
            break
        text = html.unescape(text)
    if "<" in text:
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    return " ".join(clean_text(text).split())


def looks_like_image(url: str) -> bool:
    """Tell whether a URL alone says that it is a picture."""
    path = url.partition("?")[0].partition("#")[0]
    return bool(_IMAGE_PATH.search(path)) or image_service(url) is not None


def looks_like_manifest(url: str) -> bool:
    """Tell whether a URL alone says that it is a IIIF manifest."""
    return bool(_MANIFEST.search(url))


def image_service(url: str) -> str | None:
    """Return the base URI of the Image API service that a URL asks, None when it asks none."""
    if url.endswith(_INFO):
        return url.removesuffix(_INFO)
    match = _IMAGE_REQUEST.match(url)
    return match[1] if match else None


@dataclass(frozen=True, slots=True)
class Service:
    """An Image API service that the metadata names; see `ImageRef` for the attributes."""

    id: str
    version: int | None = None
    level: int | None = None


@dataclass(slots=True)
class Draft:
    """What has been found of a record; finished by `finish`.

    Attributes:
        identifier: The partner's identifier.
        datestamp: As in `Record`.
        base: URL against which relative ones are resolved; "" refuses them, as they are local.
        rights: As in `Record`; so for `provider`, `landing_page` and `manifest_url`.
    """

    identifier: str
    datestamp: str | None
    base: str = ""
    rights: str | None = None
    provider: str | None = None
    landing_page: str | None = None
    manifest_url: str | None = None
    _titles: list[Json] = field(default_factory=list)
    _facets: dict[str, list[Json]] = field(default_factory=dict)
    _pictures: dict[str, ImageRef] = field(default_factory=dict)
    _covers: dict[str, ImageRef] = field(default_factory=dict)
    _thumbnails: dict[str, ImageRef] = field(default_factory=dict)

    def title(self, text: str, language: str | None = None) -> None:
        """Add a title."""
        if text:
            self._titles.append({"@value": text, "@language": language})

    @property
    def has_title(self) -> bool:
        """Whether there is a title."""
        return bool(self._titles)

    def facet(self, label: str, text: str, language: str | None = None) -> None:
        """Add a value to the descriptive metadata under an English label."""
        if text and (label in self._facets or len(self._facets) < MAX_PAIRS):
            self._facets.setdefault(label, []).append({"@value": text, "@language": language})

    def picture(
        self,
        value: object,
        media_type: str | None = None,
        *,
        service: Service | None = None,
        size: tuple[int | None, int | None] = (None, None),
        trusted: bool = False,
    ) -> bool:
        """Add a picture, or a thumbnail when its URL says so; return whether it was a picture.

        Args:
            value: The URL as written.
            media_type: As declared, a file's extension included.
            service: What shows it; looked for in the URL when None.
            size: Declared width and height in pixels.
            trusted: Whether the format says that this is a picture, so that a URL which says
                nothing of itself is taken for one.
        """
        ref = self._ref(value, media_type, service, size, trusted=trusted)
        if ref is None:
            return False
        is_thumbnail = ref.service_id is None and _THUMBNAIL.search(ref.url)
        _keep(self._thumbnails if is_thumbnail else self._pictures, ref)
        return not is_thumbnail

    def cover(self, value: object, media_type: str | None = None) -> None:
        """Add what is a picture only where there is no other, such as `edm:object`."""
        ref = self._ref(value, media_type, None, (None, None), trusted=True)
        if ref is not None:
            is_thumbnail = ref.service_id is None and _THUMBNAIL.search(ref.url)
            _keep(self._thumbnails if is_thumbnail else self._covers, ref)

    def preview(self, value: object) -> None:
        """Add a thumbnail; one that an Image API service makes is a picture."""
        ref = self._ref(value, None, None, (None, None), trusted=True)
        if ref is not None:
            _keep(self._covers if ref.service_id else self._thumbnails, ref)

    def manifest(self, value: object) -> None:
        """Take a manifest's URL, the first one that there is."""
        self.manifest_url = self.manifest_url or http_url(value, self.base)

    def page(self, value: object) -> None:
        """Take the URL of a page for people, the first one that there is."""
        self.landing_page = self.landing_page or http_url(value, self.base)

    def right(self, value: object) -> bool:
        """Take the URI of a rights statement, the first one; return whether it was a URI."""
        uri = http_url(value, "")
        self.rights = self.rights or uri
        return uri is not None

    def link(self, value: str) -> bool:
        """Take a URL of unknown meaning for what it looks like; return whether it was a URL."""
        url = http_url(value, "") if value.startswith(("http://", "https://")) else None
        if url is None or " " in value:
            return False
        if looks_like_manifest(url):
            self.manifest(url)
        elif not looks_like_image(url):
            self.landing_page = self.landing_page or url
        else:
            self.picture(url)
        return True

    def finish(self, *, thumbnails: bool) -> Record:
        """Return the record.

        Args:
            thumbnails: Whether previews are pictures where there is nothing better.
        """
        found = self._pictures or self._covers or (self._thumbnails if thumbnails else {})
        facets = tuple(
            {"label": {"en": (label,)}, "value": language_map(values)}
            for label, values in self._facets.items()
        )
        return Record(
            identifier=self.identifier,
            titles=titles(self._titles),
            images=tuple(replace(ref, position=place) for place, ref in enumerate(found.values())),
            facets=facets,
            rights=self.rights,
            provider=self.provider,
            landing_page=self.landing_page,
            manifest_url=self.manifest_url,
            datestamp=self.datestamp,
        )

    def _ref(
        self,
        value: object,
        media_type: str | None,
        service: Service | None,
        size: tuple[int | None, int | None],
        *,
        trusted: bool,
    ) -> ImageRef | None:
        url = http_url(value, self.base)
        if url is None:
            return None
        path = url.partition("?")[0].partition("#")[0]
        found = image_service(url)
        service = service or (Service(found) if found else None)
        kind = (media_type or "").strip()
        declared = bool(_IMAGE_TYPE.match(kind))
        if not (declared or service or _IMAGE_PATH.search(path)):
            other = "/" in kind or _OTHER_PATH.search(path)
            if other or not trusted:
                return None
        elif not declared and "/" in kind and not service:
            return None
        return ImageRef(
            position=0,
            url=f"{service.id}/full/full/0/default.jpg"
            if service and path.endswith(_INFO)
            else url,
            service_id=service.id if service else None,
            service_version=service.version if service else None,
            service_level=service.level if service else None,
            width=size[0],
            height=size[1],
            format=kind.lower() if declared and "/" in kind else None,
        )


def _keep(refs: dict[str, ImageRef], ref: ImageRef) -> None:
    if len(refs) < MAX_IMAGES:
        refs.setdefault(ref.service_id or ref.url, ref)
