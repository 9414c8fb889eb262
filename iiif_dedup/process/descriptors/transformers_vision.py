"""Any vision model of the transformers library: DINOv2 and v3, CLIP, SigLIP, ViT, ConvNeXt.

Weights are read from safetensors only, and no code that a model brings along is run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from iiif_dedup.device import resolve_device
from iiif_dedup.errors import SettingsError
from iiif_dedup.process.descriptors.networks import NetworkInput, describe, digest, first_line
from iiif_dedup.torchvision_compat import import_torchvision


class TransformersVision:
    """What the model itself gives as the picture's vector, of the whole picture."""

    def __init__(self, model: str, *, device: str = "auto") -> None:
        """Load a model.

        Args:
            model: Id on the Hugging Face hub, or a local folder.
            device: See `iiif_dedup.device.resolve_device`.

        Raises:
            SettingsError: The model cannot be had or read, or is none for pictures.
        """
        self._device = resolve_device(device)
        network, processor = _load(model)
        self._network = network.eval().requires_grad_(False).to(self._device)
        self._wants = _input(model, processor)
        self.name = f"transformers:{model}"
        side = self._wants.side
        self.version = f"transformers:{Path(model).name[:100]}/{digest(network)}/{side}"
        with torch.inference_mode():
            pixels = torch.zeros(1, 3, side, side, device=self._device)
            self.dimensions = self._features(pixels).shape[1]

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one vector for each picture; see `Descriptor`."""
        if not pictures:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return describe(pictures, forward=self._features, wants=self._wants, device=self._device)

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        if hasattr(self._network, "get_image_features"):
            output = self._network.get_image_features(pixel_values=pixels)
        else:
            output = self._network(pixel_values=pixels)
        if isinstance(output, torch.Tensor):
            return output
        pooled: torch.Tensor | None = output.get("pooler_output")
        if pooled is not None:
            return pooled.flatten(1)
        # The class token of a transformer, the mean over places of a convolutional network.
        hidden: torch.Tensor = output.last_hidden_state
        return hidden[:, 0] if hidden.ndim == 3 else hidden.mean(dim=(2, 3))


def _load(model: str) -> tuple[Any, Any]:
    """Return the network and what prepares its pictures."""
    import_torchvision()
    try:
        from transformers import AutoImageProcessor, AutoModel  # noqa: PLC0415  it is not always there
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"transformers:{model} needs the transformers library; "
            "install it with `pip install 'iiif-dedup[models]'`."
        ) from error
    try:
        network, info = AutoModel.from_pretrained(
            model,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            output_loading_info=True,
        )
        processor = AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
            model, trust_remote_code=False
        )
    except Exception as error:
        # The library raises whatever its parts meet: no network, no such file, broken files.
        raise SettingsError(
            f"The model of transformers:{model} cannot be loaded: {first_line(error)} Write the "
            "id of a vision model on the Hugging Face hub that this machine reaches or has "
            "cached, or a folder with config.json, preprocessor_config.json and model.safetensors."
        ) from error
    missing = sorted(info["missing_keys"])
    if any(not key.startswith("pooler.") for key in missing):
        raise SettingsError(
            f"The weights of transformers:{model} lack {missing[0]} and {len(missing) - 1} more; "
            "write a model whose safetensors are complete."
        )
    if missing:
        # Without weights it would be random.
        network.pooler = None
    return network, processor


def _input(model: str, processor: Any) -> NetworkInput:
    settings = processor.to_dict()
    size = settings.get("crop_size") or settings.get("size") or {}
    side = size.get("height") or size.get("shortest_edge")
    mean, deviation = settings.get("image_mean"), settings.get("image_std")
    if side is None or mean is None or deviation is None:
        raise SettingsError(
            f"The preprocessor_config.json of transformers:{model} must have size, image_mean and "
            f"image_std; got {size}, {mean} and {deviation}. Complete it."
        )
    red, green, blue = (255 * float(value) for value in mean)
    over_red, over_green, over_blue = (255 * float(value) for value in deviation)
    return NetworkInput(int(side), (red, green, blue), (over_red, over_green, over_blue))
