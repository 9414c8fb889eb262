"""The Clone Encoder f: tile to vector, whose norm decides (the paper's sections 3.1 and 4.2)."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

CHANNELS = (32, 64, 128)
EMBEDDING = 128


class CloneEncoder(nn.Sequential):
    """Three 5×5 convolutions of stride 2, average pooling, and a linear map to 128 dimensions.

    Takes float32 N×3×32×32 in [0, 1], returns float32 N×128; 275,136 parameters.
    """

    def __init__(self, generator: torch.Generator) -> None:
        """Draw all weights from `generator`, distributed as torch draws them by default."""
        # On "meta" nothing is drawn, so that torch's global random state stays untouched.
        layers: list[nn.Module] = []
        for before, after in pairwise((3, *CHANNELS)):
            layers += [nn.Conv2d(before, after, 5, 2, 2, device="meta"), nn.ReLU()]
        super().__init__(
            *layers,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(CHANNELS[-1], EMBEDDING, device="meta"),
        )
        self.to_empty(device="cpu")
        self._draw(generator)

    def norms(self, tiles: Tensor) -> Tensor:
        """Return ‖f(x)‖₂ of each tile, N."""
        norms: Tensor = torch.linalg.vector_norm(self(tiles), dim=1)
        return norms

    @torch.no_grad()
    def _draw(self, generator: torch.Generator) -> None:
        for layer in self:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                bound = 1 / math.sqrt(layer.weight[0].numel())
                for parameter in layer.parameters():
                    parameter.uniform_(-bound, bound, generator=generator)
