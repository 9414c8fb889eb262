"""From pictures to vectors through a network: what all networks have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torch.nn import functional

Forward: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
"""Normalised pictures N×3×S×S, channels last in memory, to features N×D."""

BATCH = 8
"""Pictures that go through a network at once; on CPUs more of them leave the caches."""
BATCH_ON_GPU = 128


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """What a network wants to see: square views of a picture, (x − mean) / deviation by channel.

    Attributes:
        side: Length S of a square in pixels; what a view shows is squeezed into it.
        mean: Of R, G and B, on the scale 0 to 255.
        deviation: So also.
        views: The part of each side about the middle that a view shows, 1 being all.
    """

    side: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    views: tuple[float, ...] = (1.0,)


def squares(picture: NDArray[np.uint8], wants: NetworkInput) -> list[NDArray[np.uint8]]:
    """Return the views of a picture, each S×S×3."""
    image = Image.fromarray(np.ascontiguousarray(picture))
    return [_square(image, share, wants.side) for share in wants.views]


def _square(image: Image.Image, share: float, side: int) -> NDArray[np.uint8]:
    rim = (1 - share) / 2
    box = (image.width * rim, image.height * rim, image.width * (1 - rim), image.height * (1 - rim))
    # Averaged over whole pixels first where there are many: twice as fast, and hardly different.
    view = image.resize((side, side), Image.Resampling.BILINEAR, box=box, reducing_gap=1.5)
    return np.asarray(view)


@torch.inference_mode()
def describe(
    pictures: Sequence[NDArray[np.uint8]],
    *,
    forward: Forward,
    wants: NetworkInput,
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the mean of the network's features of every picture's views, each of length 1.

    Args:
        pictures: RGB, H×W×3, each of its own size; at least one.
        forward: The network, on `device`.
        wants: What it was trained to see.
        device: Where it computes.
    """
    batch_size = BATCH if device.type == "cpu" else BATCH_ON_GPU
    mean = torch.tensor(wants.mean, device=device).view(1, 3, 1, 1)
    deviation = torch.tensor(wants.deviation, device=device).view(1, 3, 1, 1)
    vectors = []
    for start in range(0, len(pictures), batch_size):
        batch = pictures[start : start + batch_size]
        views = np.stack([square for picture in batch for square in squares(picture, wants)])
        # Rows of RGB triples are channels-last memory already: no copy but the one to float.
        pixels = torch.from_numpy(views).to(device).permute(0, 3, 1, 2)
        features = functional.normalize(forward((pixels.float() - mean) / deviation).float())
        mixed = features.view(len(batch), len(wants.views), -1).mean(dim=1)
        vectors.append(functional.normalize(mixed).cpu())
    return torch.cat(vectors).numpy()


def digest(network: nn.Module) -> str:
    """Return the first 8 hexadecimal digits of the SHA-256 over a network's weights."""
    sha256 = hashlib.sha256()
    for name, weights in sorted(network.state_dict().items()):
        sha256.update(f"{name} {weights.dtype} {tuple(weights.shape)}\n".encode())
        sha256.update(weights.contiguous().cpu().numpy().tobytes())
    return sha256.hexdigest()[:8]


def first_line(error: Exception) -> str:
    """Return the first line of what a library says went wrong, as a sentence."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".") + "."
