"""Tiny models, made from configurations and saved; none is fetched."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from iiif_dedup.errors import SettingsError
from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.torchvision_compat import import_torchvision

import_torchvision()
transformers: Any = importlib.import_module("transformers")

SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
VIEWER = {**SMALL, "image_size": 32, "patch_size": 16, "intermediate_size": 32}
READER = {**SMALL, "vocab_size": 50, "intermediate_size": 32, "max_position_embeddings": 8}


def dinov2() -> Any:
    config = transformers.Dinov2Config(**SMALL, image_size=32, patch_size=16, mlp_ratio=1)
    return transformers.Dinov2Model(config)


def vit() -> Any:
    return transformers.ViTModel(transformers.ViTConfig(**VIEWER), add_pooling_layer=False)


def convnext() -> Any:
    config = transformers.ConvNextConfig(hidden_sizes=[8, 8, 16, 24], depths=[1, 1, 1, 1])
    return transformers.ConvNextModel(config)


def clip() -> Any:
    config = transformers.CLIPConfig(text_config=READER, vision_config=VIEWER, projection_dim=16)
    return transformers.CLIPModel(config)


def siglip_vision() -> Any:
    return transformers.SiglipVisionModel(transformers.SiglipVisionConfig(**VIEWER))


def save(model: Any, folder: Path, **preprocessing: Any) -> str:
    model.save_pretrained(folder)
    processor = {
        "image_processor_type": "ViTImageProcessor",
        "size": {"height": 32, "width": 32},
        "image_mean": [0.5, 0.4, 0.3],
        "image_std": [0.2, 0.2, 0.2],
        **preprocessing,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return f"transformers:{folder}"


@pytest.mark.parametrize(
    ("make", "dimensions"),
    [(dinov2, 32), (vit, 32), (convnext, 24), (clip, 16), (siglip_vision, 32)],
)
def test_models_of_every_kind_describe_pictures(
    make: Callable[[], Any], dimensions: int, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    name = save(make(), tmp_path / "tiny")
    descriptor, again = (get_descriptor(name, device="cpu") for _ in range(2))
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (h, 30, 3), dtype=np.uint8) for h in (20, 40, 32)]
    vectors = descriptor.describe(pictures)
    assert vectors.shape == (3, dimensions) == (3, descriptor.dimensions)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(again.describe(pictures[1:2]), vectors[1:2], atol=1e-5)
    assert descriptor.version == again.version
    assert descriptor.version.startswith("transformers:tiny/")
    assert descriptor.describe([]).shape == (0, dimensions)


def test_it_computes_what_the_library_does(tmp_path: Path) -> None:
    torch.manual_seed(2)
    model = dinov2().eval()
    descriptor = get_descriptor(save(model, tmp_path), device="cpu")
    picture = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    pixels = (picture / 255 - [0.5, 0.4, 0.3]) / 0.2
    with torch.inference_mode():
        batch = torch.from_numpy(pixels).float().permute(2, 0, 1)[None]
        expected = model(pixel_values=batch).pooler_output[0].numpy()
    (vector,) = descriptor.describe([picture])
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-4)


def test_other_weights_are_another_version(tmp_path: Path) -> None:
    versions = set()
    for seed in (1, 2):
        torch.manual_seed(seed)
        name = save(dinov2(), tmp_path / str(seed) / "tiny")
        versions.add(get_descriptor(name, device="cpu").version)
    assert len(versions) == 2


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    name = save(dinov2(), tmp_path)
    torch.save(dinov2().state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(SettingsError, match=r"model\.safetensors"):
        get_descriptor(name)


def test_incomplete_weights_are_refused(tmp_path: Path) -> None:
    deeper = transformers.Dinov2Config(
        **{**SMALL, "num_hidden_layers": 2}, image_size=32, patch_size=16, mlp_ratio=1
    )
    name = save(dinov2(), tmp_path)
    deeper.save_pretrained(tmp_path)
    with pytest.raises(SettingsError, match=r"lack encoder\.layer\.1"):
        get_descriptor(name)


def test_preprocessing_without_numbers_is_refused(tmp_path: Path) -> None:
    name = save(dinov2(), tmp_path, image_processor_type="BitImageProcessor", size=None)
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(SettingsError, match=r"preprocessor_config\.json"):
        get_descriptor(name)


def test_a_hub_that_cannot_be_reached_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SettingsError) as caught:
        get_descriptor("transformers:example/no-such-model")
    assert "transformers:example/no-such-model cannot be loaded" in str(caught.value)
    assert "\n" not in str(caught.value)
