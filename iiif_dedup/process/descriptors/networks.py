"""From pictures to vectors through a network: what all networks have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

Forward: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
"""Normalised pictures N×3×S×S, channels last in memory, to features N×D."""

BATCH = 16
"""Pictures that go through a network at once; on CPUs more of them leave the caches."""
BATCH_ON_GPU = 256


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """What a network wants to see: a square picture, and (x − mean) / deviation by channel.

    Attributes:
        side: Length S of the square in pixels; the whole picture is squeezed into it.
        mean: Of R, G and B, on the scale 0 to 255.
        deviation: So also.
    """

    side: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]


def prepare(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return the whole picture as side×side×3, averaged over areas where it shrinks."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0))


@torch.inference_mode()
def describe(
    pictures: Sequence[NDArray[np.uint8]],
    *,
    forward: Forward,
    wants: NetworkInput,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the network's features of every picture, each of length 1.

    Args:
        pictures: RGB, H×W×3, each of its own size; at least one.
        forward: The network, on `device`.
        wants: What it was trained to see.
        device: Where it computes.
    """
    batch_size = BATCH if device.type == "cpu" else BATCH_ON_GPU
    mean = torch.tensor(wants.mean, device=device).view(1, 3, 1, 1)
    deviation = torch.tensor(wants.deviation, device=device).view(1, 3, 1, 1)
    features = []
    for start in range(0, len(pictures), batch_size):
        squares = [prepare(picture, wants.side) for picture in pictures[start : start + batch_size]]
        # Rows of RGB triples are channels-last memory already: no copy but the one to float.
        pixels = torch.from_numpy(np.stack(squares)).to(device).permute(0, 3, 1, 2)
        vectors = forward((pixels.float() - mean) / deviation).float()
        features.append(functional.normalize(vectors, dim=1).cpu())
    return torch.cat(features).numpy()
