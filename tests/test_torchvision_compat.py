from __future__ import annotations

import subprocess
import sys

from iiif_dedup.torchvision_compat import import_torchvision


def test_transforms_and_models_work_and_a_second_call_changes_nothing() -> None:
    first = import_torchvision()
    assert import_torchvision() is first
    assert callable(first.transforms.v2.functional.affine)


def test_it_is_enough_for_a_fresh_process() -> None:
    code = (
        "from iiif_dedup.torchvision_compat import import_torchvision;"
        "import_torchvision().models.efficientnet_b0(weights=None)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120)
