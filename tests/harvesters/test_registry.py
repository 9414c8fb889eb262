import subprocess
import sys

import pytest

from harvesters import get_harvester, protocols
from harvesters.base import Harvester
from harvesters.iiif_collection import IiifCollectionHarvester
from iiif_dedup.errors import SettingsError


def test_every_protocol_loads_and_carries_its_name() -> None:
    assert list(protocols()) == sorted(protocols())
    for name in protocols():
        harvester: type[Harvester] = get_harvester(name)
        assert harvester.protocol == name
    assert get_harvester("iiif_collection") is IiifCollectionHarvester


def test_an_unknown_protocol_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'gopher'.*iiif_collection"):
        get_harvester("gopher")


def test_listing_protocols_loads_none() -> None:
    code = "import sys, harvesters; harvesters.protocols(); print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
