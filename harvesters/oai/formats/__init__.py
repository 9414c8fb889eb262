"""Metadata formats: one module each, told by the root element, never by the prefix asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harvesters.oai.formats import edm, flat, lido, marcxml, mets, mods
from harvesters.oai.formats.draft import Draft, children, local_name
from harvesters.oai.xml import Element
from iiif_dedup.types import Record

PREFERRED = (
    (("lido",), "http://www.lido-schema.org"),
    (("edm", "oai_edm", "europeana_edm"), "http://www.europeana.eu/schemas/edm"),
    (("mets", "oai_mets"), "http://www.loc.gov/METS"),
    (("mods", "oai_mods"), "http://www.loc.gov/mods/v3"),
    (("marcxml", "marc21", "marc"), "http://www.loc.gov/MARC21/slim"),
    (("ese", "oai_ese"), "http://www.europeana.eu/schemas/ese"),
    (("oai_qdc", "qdc"), "http://purl.org/dc/terms"),
    (("oai_dc",), "http://www.openarchives.org/OAI/2.0/oai_dc"),
)
"""Prefixes and namespaces by how surely they name pictures: LIDO and EDM have places for them and
for rights; METS orders pages but knows books; MODS and MARC have URLs with a word to each; Dublin
Core has URLs that must be guessed at."""


def read(
    metadata: Element, identifier: str, datestamp: str | None, *, thumbnails: bool
) -> list[Record]:
    """Return the records in a `metadata` element, none when it is empty.

    A wrapper with one member is the record of the header's identifier; of several, each is named
    by the header's identifier, "#" and its own.

    Args:
        metadata: The element of an OAI-PMH record.
        identifier: The header's.
        datestamp: The header's, None when it has none.
        thumbnails: Whether a preview is a picture where there is nothing better.

    Raises:
        HarvestError: NOT_A_RECORD, when the format's main element is missing.
    """
    root = next(iter(metadata), None)
    if root is None:
        return []
    members, reader, own_id = _format(root)
    found = []
    for place, member in enumerate(members):
        name = f"{identifier}#{own_id(member) or place}" if len(members) > 1 else identifier
        draft = Draft(name, datestamp)
        reader(member, draft)
        found.append(draft.finish(thumbnails=thumbnails))
    return found


def choose(offered: Sequence[tuple[str, str]]) -> str:
    """Return the prefix to ask for, of what ListMetadataFormats offers.

    Args:
        offered: Prefix and namespace of each format.
    """
    for prefixes, namespace in PREFERRED:
        for prefix, offered_namespace in offered:
            if prefix.lower() in prefixes or offered_namespace.startswith(namespace):
                return prefix
    return "oai_dc"


def _no_id(_member: Element) -> str:
    return ""


def _format(
    root: Element,
) -> tuple[list[Element], Callable[[Element, Draft], None], Callable[[Element], str]]:
    """Return the members of a payload, their reader, and what names each."""
    name = local_name(root)
    if name == "RDF":
        return [root], edm.read, _no_id
    if name in {"lido", "lidoWrap"}:
        return lido.objects(root), lido.read, lido.record_id
    if name in {"mods", "modsCollection"}:
        return mods.records(root), mods.read, _no_id
    if name == "mets":
        return [root], mets.read, _no_id
    members = marcxml.records(root) if name in {"record", "collection"} else []
    if any(children(member, "datafield") for member in members):
        return members, marcxml.read, marcxml.control_number
    return [root], flat.read, _no_id
