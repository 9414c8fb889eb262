"""Harvesters: one module a protocol behind the contract in `harvesters.base`.

A new protocol is a class and one line here; docs/reference/harvesters.md says how.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from iiif_dedup.errors import SettingsError

if TYPE_CHECKING:
    from harvesters.base import Harvester

_REGISTRY = {
    "europeana": "harvesters.europeana:EuropeanaHarvester",
    "files": "harvesters.files:FilesHarvester",
    "iiif_collection": "harvesters.iiif_collection:IiifCollectionHarvester",
    "iiif_discovery": "harvesters.iiif_discovery:IiifDiscoveryHarvester",
    "json_catalogue": "harvesters.json_catalogue:JsonCatalogueHarvester",
    "oai_pmh": "harvesters.oai_pmh:OaiPmhHarvester",
}


def protocols() -> tuple[str, ...]:
    """Return the names of all protocols, sorted."""
    return tuple(sorted(_REGISTRY))


def get_harvester(protocol: str) -> type[Harvester]:
    """Return the harvester of a protocol; its module is imported now, not before.

    Raises:
        SettingsError: There is no such protocol.
    """
    if protocol not in _REGISTRY:
        raise SettingsError(
            f"Unknown protocol {protocol!r}. Known protocols: {', '.join(protocols())}."
        )
    module, name = _REGISTRY[protocol].split(":")
    harvester: type[Harvester] = getattr(import_module(module), name)
    return harvester
