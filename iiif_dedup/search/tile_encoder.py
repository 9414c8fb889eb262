"""The collection's encoder g: tile to unit vector, one network for every anchor.

A small convolutional network that sees where things are (nothing is pooled before the last map),
since a duplicate keeps its layout. Kept as safetensors with its description in the header, so
that a file says by itself what it is.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from iiif_dedup.device import resolve_device
from iiif_dedup.errors import EncoderError
from iiif_dedup.types import TILE_SHAPE, Json

ARCHITECTURE = "tile-encoder/1"
"""Name of the network; weights of another one do not load."""
CHANNELS = (32, 64, 128, 128)
_STRIDES = (2, 2, 2, 1)
DIMENSIONS = 128
STARTING_WEIGHTS = Path(__file__).parent / "starting_encoder.safetensors"
_DESCRIPTION = "iiif_dedup"
"""Key of the safetensors header under which the description stands, as JSON."""
_BATCH = 512


class TileNetwork(nn.Module):
    """Four convolutions with batch normalisation, then one linear map of all that they see.

    Takes float32 N×3×32×32 in [0, 1], returns float32 N×128, each of length 1.
    """

    def __init__(self) -> None:
        """Draw the weights from torch's global random state."""
        super().__init__()
        layers: list[nn.Module] = []
        for (before, after), stride in zip(pairwise((3, *CHANNELS)), _STRIDES, strict=True):
            size = 5 if before == 3 else 3
            layers += [
                nn.Conv2d(before, after, size, stride, size // 2, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.features = nn.Sequential(*layers)
        side = TILE_SHAPE[0] // 8
        self.project = nn.Linear(CHANNELS[-1] * side * side, DIMENSIONS)

    def forward(self, tiles: Tensor) -> Tensor:
        """Return the unit vectors of N tiles."""
        # How light a photograph is as a whole says little of what it shows.
        levels = (tiles - tiles.mean(dim=(1, 2, 3), keepdim=True)) * 4
        features = self.features(levels.contiguous(memory_format=torch.channels_last))
        return nn.functional.normalize(self.project(features.flatten(1)), dim=1)


@dataclass(frozen=True, slots=True)
class TileEncoder:
    """A trained network with its name and its history; see `TileNetwork`.

    Attributes:
        network: As trained, in evaluation mode, from which a later training may go on.
        description: How it was trained: seed, tiles, plan, parent.
        version: First 20 hexadecimal digits of the SHA-256 of its weights.
        device: Where it encodes.
    """

    network: TileNetwork
    description: Mapping[str, Json]
    version: str
    device: torch.device
    _folded: TileNetwork = field(repr=False)

    @classmethod
    def of(cls, network: TileNetwork, description: Mapping[str, Json], device: str = "cpu") -> Self:
        """Return an encoder of a network that has been trained.

        Raises:
            SettingsError: The device does not exist.
        """
        target = resolve_device(device)
        network.eval().cpu()
        folded = _fold(network).to(target)
        return cls(network, dict(description), _version(network), target, folded)

    @classmethod
    def from_bytes(cls, data: bytes, device: str = "auto") -> Self:
        """Return the encoder that `to_bytes` wrote.

        Raises:
            EncoderError: These are no weights of this network.
            SettingsError: The device does not exist.
        """
        try:
            weights = safetensors.torch.load(data)
            description = _read_description(data)
            network = TileNetwork()
            network.load_state_dict(weights)
        except (SafetensorError, RuntimeError, ValueError, KeyError) as error:
            raise EncoderError(
                f"Expected safetensors of a {ARCHITECTURE} network, but they cannot be read: "
                f"{str(error).splitlines()[0]} Train the encoder anew."
            ) from error
        return cls.of(network, description, device)

    def to_bytes(self) -> bytes:
        """Return weights and description as safetensors."""
        header = {_DESCRIPTION: json.dumps({"architecture": ARCHITECTURE, **self.description})}
        weights = {
            name: value.cpu().contiguous() for name, value in self.network.state_dict().items()
        }
        return safetensors.torch.save(weights, metadata=header)

    def encode(self, tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the unit vectors of tiles, N×128.

        Args:
            tiles: RGB, N×32×32×3, an array or a read-only memory map.
        """
        vectors = np.empty((len(tiles), DIMENSIONS), dtype=np.float32)
        for start in range(0, len(tiles), _BATCH):
            part = slice(start, start + _BATCH)
            levels = torch.from_numpy(tiles[part].astype(np.float32)).div_(255)
            vectors[part] = self.encode_views(levels.permute(0, 3, 1, 2)).numpy()
        return vectors

    @torch.inference_mode()
    def encode_views(self, views: Tensor) -> Tensor:
        """Return the unit vectors of views, float32 N×128 on the CPU.

        Args:
            views: float32, N×3×32×32 in [0, 1].
        """
        vectors: Tensor = self._folded(views.to(self.device))
        return vectors.cpu()


def starting_encoder(device: str = "auto") -> TileEncoder:
    """Return the encoder that comes with the package, for collections without one of their own.

    Raises:
        SettingsError: The device does not exist.
    """
    return TileEncoder.from_bytes(STARTING_WEIGHTS.read_bytes(), device)


def _fold(network: TileNetwork) -> TileNetwork:
    """Return the same network with each normalisation multiplied into its convolution."""
    folded = copy.deepcopy(network)
    layers: list[nn.Module] = []
    for layer in folded.features:
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)  # type: ignore[type-var]
        else:
            layers.append(layer)
    folded.features = nn.Sequential(*layers)
    return folded.requires_grad_(requires_grad=False)


def _read_description(data: bytes) -> dict[str, Json]:
    """Return the description that stands in a safetensors header."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    description: dict[str, Json] = json.loads(metadata[_DESCRIPTION])
    if description.pop("architecture", None) != ARCHITECTURE:
        raise ValueError(f"the weights are not of a {ARCHITECTURE}.")
    return description


def _version(network: TileNetwork) -> str:
    digest = hashlib.sha256(ARCHITECTURE.encode())
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:20]
