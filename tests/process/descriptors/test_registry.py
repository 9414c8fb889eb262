from __future__ import annotations

import subprocess
import sys

import pytest

from iiif_dedup.errors import SettingsError
from iiif_dedup.process.descriptors import get_descriptor


@pytest.mark.parametrize("name", ["", "efficientnet", "efficientnet_lite0:large"])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(SettingsError, match=r"Unknown descriptor .* write one of: .*lite0"):
        get_descriptor(name)


def test_the_registry_alone_loads_no_torch() -> None:
    code = "import sys, iiif_dedup.process.descriptors; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(SettingsError, match="device"):
        get_descriptor("efficientnet_lite0", device="abacus")
