from __future__ import annotations

import pytest
import torch

from iiif_dedup.device import reproducible_kernels, resolve_device
from iiif_dedup.errors import SettingsError


def test_names_are_resolved() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["", "gpu", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_refused_in_words(name: str) -> None:
    with pytest.raises(SettingsError, match="Write auto, cpu"):
        resolve_device(name)


def test_kernel_settings_are_put_back() -> None:
    before = torch.backends.cudnn.allow_tf32
    with reproducible_kernels():
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == before
