"""Classifiers of torchvision without their last layer, such as ResNet-50, ResNeXt, ConvNeXt."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from iiif_dedup.device import resolve_device
from iiif_dedup.errors import SettingsError
from iiif_dedup.process.descriptors.networks import NetworkInput, describe, digest, first_line
from iiif_dedup.torchvision_compat import import_torchvision


class TorchvisionModel:
    """What goes into the classifier's last layer, of the whole picture."""

    def __init__(self, model: str, *, device: str = "auto") -> None:
        """Load a model.

        Args:
            model: Name of a classifier, such as `resnet50`, whose default weights torchvision
                fetches; or `resnet50@FILE` with a local file of weights.
            device: See `iiif_dedup.device.resolve_device`.

        Raises:
            SettingsError: There is no such model, or its weights cannot be had or read.
        """
        self._device = resolve_device(device)
        kind, _, file = model.partition("@")
        models = import_torchvision().models
        known = models.list_models(module=models)
        if kind not in known:
            near = ", ".join(difflib.get_close_matches(kind, known, n=5, cutoff=0.4)) or "resnet50"
            raise SettingsError(f"torchvision has no classifier {kind!r}; write one like: {near}.")
        weights = models.get_model_weights(kind).DEFAULT
        network = models.get_model(kind, weights=None)
        _fill(network, _state(model, weights.url, file), model)
        self.name = f"torchvision:{model}"
        self.version = f"torchvision:{kind}/{digest(network)}/1"
        self.dimensions = _cut(network)
        self._network = (
            network.eval().requires_grad_(False).to(self._device, memory_format=torch.channels_last)
        )
        self._wants = _input(weights.transforms())

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one vector for each picture; see `Descriptor`."""
        if not pictures:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return describe(pictures, forward=self._network, wants=self._wants, device=self._device)


def _state(model: str, url: str, file: str) -> Mapping[str, torch.Tensor]:
    """Return weights from a local file, or from torchvision's server or what it left in a cache."""
    try:
        state: Mapping[str, torch.Tensor] = (
            torch.load(Path(file), map_location="cpu", weights_only=True)
            if file
            else torch.hub.load_state_dict_from_url(
                url, map_location="cpu", progress=False, check_hash=True, weights_only=True
            )
        )
    except Exception as error:
        # torch raises whatever its parts meet: no network, no such file, no file of weights.
        raise SettingsError(
            f"The weights of torchvision:{model} cannot be loaded from {file or url}: "
            f"{first_line(error)} Write torchvision:NAME@FILE with a file of weights, "
            "made by torch.save(model.state_dict(), FILE)."
        ) from error
    return state


def _fill(network: nn.Module, state: Mapping[str, torch.Tensor], model: str) -> None:
    try:
        network.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"The weights of torchvision:{model} are not those of that network: "
            f"{' '.join(str(error).split())[:200]}. Write the name of the model they belong to."
        ) from error


def _cut(network: nn.Module) -> int:
    """Remove the last linear layer, and return how many numbers went into it."""
    name, last = [
        (name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear)
    ][-1]
    network.set_submodule(name, nn.Identity())
    return last.in_features


def _input(transforms: Any) -> NetworkInput:
    red, green, blue = (255 * float(value) for value in transforms.mean)
    over_red, over_green, over_blue = (255 * float(value) for value in transforms.std)
    side = int(transforms.crop_size[0])
    return NetworkInput(side, (red, green, blue), (over_red, over_green, over_blue))
