from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from iiif_dedup.errors import SettingsError
from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.torchvision_compat import import_torchvision

MODELS = import_torchvision().models


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "resnet18.pth"
    torch.save(MODELS.resnet18().state_dict(), path)
    return path


def test_a_local_file_describes_pictures_by_what_the_classifier_gets(weights: Path) -> None:
    descriptor = get_descriptor(f"torchvision:resnet18@{weights}", device="cpu")
    picture = np.random.default_rng(1).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    network = MODELS.resnet18()
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.fc = torch.nn.Identity()
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = ((torch.from_numpy(picture) / 255 - mean) / deviation).permute(2, 0, 1)[None]
    with torch.inference_mode():
        expected = network.eval()(pixels)[0].numpy()
    (vector,) = descriptor.describe([picture])
    assert descriptor.dimensions == 512
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-4)
    assert descriptor.version.startswith("torchvision:resnet18/")
    assert descriptor.describe([]).shape == (0, 512)


def test_an_unknown_model_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"no classifier 'resnet5'; write one like: .*resnet50"):
        get_descriptor("torchvision:resnet5")


def test_weights_of_another_network_are_refused(weights: Path) -> None:
    with pytest.raises(SettingsError, match="not those of that network"):
        get_descriptor(f"torchvision:resnet34@{weights}")


@pytest.mark.parametrize("body", [None, b"", b"no weights", pickle.dumps({"a": Path}, protocol=2)])
def test_a_file_that_holds_no_weights_is_refused(body: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(SettingsError, match=r"cannot be loaded from .*NAME@FILE"):
        get_descriptor(f"torchvision:resnet18@{path}")


def test_a_server_that_cannot_be_reached_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with pytest.raises(SettingsError, match=r"cannot be loaded from https://"):
        get_descriptor("torchvision:resnet18")
