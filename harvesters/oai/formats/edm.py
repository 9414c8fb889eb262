"""Europeana Data Model in RDF/XML, external (aggregators) and internal (Europeana's own OAI).

EDM definition 5.2.8 and the EDM-IIIF pattern: `isShownBy` and `hasView` of the aggregation are
the pictures where their web resources say so, `svcs:has_service` leads to the image service, also
over one `isFormatOf`; `dcterms:isReferencedBy` is the manifest. `edm:object` is what a preview is
made of, so it counts where nothing else is a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harvesters.oai.formats.draft import Draft, Service, children, local_name, text_of
from harvesters.oai.xml import Element
from harvesters.values import http_url, positive_int
from iiif_dedup.errors import HarvestError, Reason

_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_IIIF = re.compile(r"iiif\.io/api/image(?:/([123]))?")
_LEVEL = re.compile(r"level([012])")
_NO_FACETS = frozenset(
    {"proxyFor", "proxyIn", "europeanaProxy", "lineage", "sameAs", "isNextInSequence", "hasView"}
)


def read(root: Element, draft: Draft) -> None:
    """Put what an RDF description says into the draft.

    Raises:
        HarvestError: NOT_A_RECORD, for RDF without a ProvidedCHO or Proxy.
    """
    described = [*children(root, "ProvidedCHO"), *_provider_proxies(root)]
    if not described:
        raise HarvestError(
            Reason.NOT_A_RECORD, "Expected a ProvidedCHO or a Proxy in the EDM, got neither."
        )
    about = {key: node for node in root if (key := node.get(_ABOUT))}
    for node in described:
        for element in node:
            _describe(draft, element, about)
    kinds = {text_of(kind).upper() for node in described for kind in children(node, "type")}
    aggregations = children(root, "Aggregation")
    for aggregation in aggregations:
        _aggregate(draft, aggregation, about, pictured="IMAGE" in kinds)
    for page in children(root, "EuropeanaAggregation", "landingPage"):
        draft.page(page.get(_RESOURCE))
    for reference in children(root, "WebResource", "isReferencedBy"):
        draft.manifest(_value(reference))


def _provider_proxies(root: Element) -> list[Element]:
    """Return the proxies that are the provider's words, not Europeana's enrichment."""
    return [
        proxy
        for proxy in children(root, "Proxy")
        if not any(text_of(flag) == "true" for flag in children(proxy, "europeanaProxy"))
    ]


def _describe(draft: Draft, element: Element, about: dict[str, Element]) -> None:
    name = local_name(element)
    if name in _NO_FACETS:
        return
    for text, language in _texts(element, about):
        if name == "title":
            draft.title(text, language)
        else:
            draft.facet(_WORD.sub(" ", name).capitalize(), text, language)


def _texts(element: Element, about: dict[str, Element]) -> Iterator[tuple[str, str | None]]:
    """Yield a literal, or the labels of the resource that is referred to."""
    reference = element.get(_RESOURCE)
    if reference is None:
        yield text_of(element), element.get(_LANG)
    elif reference in about:
        for label in children(about[reference], "prefLabel"):
            yield text_of(label), label.get(_LANG)


def _aggregate(
    draft: Draft, aggregation: Element, about: dict[str, Element], *, pictured: bool
) -> None:
    for name in ("isShownBy", "hasView", "object"):
        for element in children(aggregation, name):
            url = _value(element)
            resource = about.get(url)
            if name == "object":
                draft.cover(url, _media_type(resource))
            else:
                draft.picture(
                    url,
                    _media_type(resource),
                    service=_service(resource, about),
                    size=(_number(resource, "width"), _number(resource, "height")),
                    trusted=pictured and name == "isShownBy",
                )
            for reference in children(resource, "isReferencedBy") if resource is not None else []:
                draft.manifest(_value(reference))
    for element in children(aggregation, "isShownAt"):
        draft.page(_value(element))
    for element in children(aggregation, "rights"):
        draft.right(_value(element))
    for name in ("dataProvider", "provider"):
        for element in children(aggregation, name):
            names = [text for text, _ in _texts(element, about) if text]
            draft.provider = draft.provider or next(iter(names), None)


def _value(element: Element) -> str:
    """Return what a property refers to: its resource, the node inside it, or its text."""
    inner = next((node.get(_ABOUT) for node in element if node.get(_ABOUT)), None)
    return element.get(_RESOURCE) or inner or text_of(element)


def _media_type(resource: Element | None) -> str | None:
    if resource is None:
        return None
    for name in ("hasMimeType", "format"):
        for element in children(resource, name):
            return text_of(element) or None
    return None


def _number(resource: Element | None, name: str) -> int | None:
    for element in children(resource, name) if resource is not None else []:
        text = text_of(element)
        return positive_int(int(text)) if text.isdecimal() and len(text) < 11 else None
    return None


def _service(resource: Element | None, about: dict[str, Element]) -> Service | None:
    """Return the image service of a web resource, or of what it is a format of."""
    if resource is None:
        return None
    formats = [about.get(_value(element)) for element in children(resource, "isFormatOf")]
    for node in (resource, *formats):
        for element in children(node, "has_service") if node is not None else []:
            service = _image_service(element, about)
            if service is not None:
                return service
    return None


def _image_service(element: Element, about: dict[str, Element]) -> Service | None:
    """Return a service that says it follows the Image API; oEmbed and others do not."""
    uri = _value(element)
    node = next(iter(children(element, "Service")), about.get(uri))
    base = http_url(uri, "")
    if node is None or base is None:
        return None
    said = " ".join(_value(child) for child in node)
    iiif = _IIIF.search(said)
    if iiif is None:
        return None
    version = next((int(match[1]) for match in _IIIF.finditer(said) if match[1]), None)
    level = _LEVEL.search(said)
    return Service(base.rstrip("/"), version, int(level[1]) if level else None)
