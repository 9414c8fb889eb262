"""Views as another photographer would have taken them, for training the collection's encoder.

The paper's views (`search.views`) move and tint a picture; a second photograph also stands at
another angle, is cropped or framed otherwise, lies on another ground, and is lit by other lamps.
Batched: hundreds of tiles with their own parameters at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that torch's own documentation uses

from iiif_dedup.search.views import blur

_LUMA = (0.2989, 0.587, 0.114)
_NEAREST_HORIZON = 0.3
"""Least depth of a picture seen at an angle, so that no pixel lies behind the camera."""


@dataclass(frozen=True, slots=True)
class PhotoRanges:
    """Ranges that photograph-like views are drawn from, uniformly; logarithmic where "log".

    Attributes:
        rotation: Largest rotation either way, in degrees.
        zoom: Largest log scale either way; below 1 more of the ground is seen.
        stretch: Largest log ratio of the sides either way.
        shift: Largest shift either way, as a part of half the side; so for `tilt`, the
            perspective.
        shear: Largest shear either way, as a tangent.
        gamma: Largest log exponent of the levels either way.
        tint: Largest log gain of one channel either way.
        exposure: Largest log gain of all channels either way.
        gradient: Largest change of light from the middle to a side.
        contrast: Largest log contrast either way; so for `saturation`.
        grey: Part of the views without colour.
        noise: Largest standard deviation of the sensor's noise, of levels in [0, 1].
        blur_sigma: Least and largest standard deviation of the 3×3 blur, in pixels.
    """

    rotation: float = 20.0
    zoom: float = 0.35
    stretch: float = 0.15
    shift: float = 0.2
    tilt: float = 0.2
    shear: float = 0.17
    gamma: float = 0.5
    tint: float = 0.2
    exposure: float = 0.3
    gradient: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.45
    grey: float = 0.1
    noise: float = 0.04
    blur_sigma: tuple[float, float] = (0.1, 2.0)


def photo_views(tiles: Tensor, ranges: PhotoRanges, generator: torch.Generator) -> Tensor:
    """Return one photograph-like view of each tile, float32 in [0, 1], N×3×H×W.

    Args:
        tiles: uint8, N×3×H×W, on the CPU.
        ranges: What the parameters of each view are drawn from.
        generator: Source of every random number; the same state gives the same views.
    """
    draw = _Draw(len(tiles), generator)
    levels = tiles.to(torch.float32) / 255
    ground = _ground(levels, draw)
    placed = _placed(levels - ground, ranges, draw) + ground
    lit = _lit(placed, ranges, draw)
    noisy = lit + draw.normal(lit.shape) * draw.uniform(0, ranges.noise)
    low, high = ranges.blur_sigma
    sigma = draw.uniform(low, high).flatten()
    return blur(noisy.clamp_(0, 1) * 255, sigma=sigma).div_(255)


@dataclass(frozen=True, slots=True)
class _Draw:
    """Random numbers for a batch, as N×C×1×1."""

    count: int
    generator: torch.Generator

    def uniform(self, low: float, high: float, channels: int = 1) -> Tensor:
        drawn = torch.empty(self.count, channels, 1, 1)
        return drawn.uniform_(low, high, generator=self.generator)

    def around(self, spread: float, channels: int = 1) -> Tensor:
        return self.uniform(-spread, spread, channels)

    def factor(self, spread: float, channels: int = 1) -> Tensor:
        return self.around(spread, channels).exp()

    def normal(self, shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=self.generator)


def _ground(levels: Tensor, draw: _Draw) -> Tensor:
    """Return what is seen around each picture, N×3×1×1: black, its own border's mean, a colour."""
    sides = (levels[:, :, 0], levels[:, :, -1], levels[..., 0], levels[..., -1])
    border = torch.cat(sides, dim=2).mean(dim=2)[..., None, None]
    kind = draw.uniform(0, 1)
    colour = torch.where(kind < 0.7, border, draw.uniform(0, 1, channels=3))
    return torch.where(kind < 0.4, torch.zeros_like(border), colour)


def _placed(levels: Tensor, ranges: PhotoRanges, draw: _Draw) -> Tensor:
    """Return each picture seen from elsewhere, zero around it."""
    angle = draw.around(ranges.rotation).deg2rad().flatten()
    zoom = draw.factor(ranges.zoom).flatten()
    stretch = draw.factor(ranges.stretch).flatten()
    cos, sin = angle.cos(), angle.sin()
    shear = draw.around(ranges.shear).flatten()
    shift = draw.around(ranges.shift, channels=2).flatten(1)
    tilt = draw.around(ranges.tilt, channels=2).flatten(1)
    # Rows of the homography from a target pixel to its source, in [-1, 1] coordinates.
    rows = [
        torch.stack([cos * stretch / zoom, (shear - sin) / zoom, shift[:, 0]], dim=1),
        torch.stack([sin / zoom, cos / stretch / zoom, shift[:, 1]], dim=1),
        torch.stack([tilt[:, 0], tilt[:, 1], torch.ones_like(zoom)], dim=1),
    ]
    height, width = levels.shape[-2:]
    targets = _pixels(height, width).view(1, -1, 3).expand(len(levels), -1, -1)
    sources = targets.bmm(torch.stack(rows, dim=1).transpose(1, 2))
    depth = sources[..., 2:].clamp(min=_NEAREST_HORIZON)
    grid = (sources[..., :2] / depth).view(-1, height, width, 2)
    return F.grid_sample(levels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _lit(levels: Tensor, ranges: PhotoRanges, draw: _Draw) -> Tensor:
    """Return each picture under other light and through another camera."""
    levels = levels.clamp(1e-4, 1).pow(draw.factor(ranges.gamma))
    pixels = _pixels(*levels.shape[-2:])
    across, down = pixels[..., 0], pixels[..., 1]
    light = 1 + across * draw.around(ranges.gradient) + down * draw.around(ranges.gradient)
    levels = levels * draw.factor(ranges.tint, channels=3) * draw.factor(ranges.exposure) * light
    mean = levels.mean(dim=(1, 2, 3), keepdim=True)
    levels = (levels - mean) * draw.factor(ranges.contrast) + mean
    grey = (levels * torch.tensor(_LUMA).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    colour = draw.factor(ranges.saturation) * (draw.uniform(0, 1) >= ranges.grey)
    return grey + (levels - grey) * colour


def _pixels(height: int, width: int) -> Tensor:
    """Return the centres of pixels as (x, y, 1) in [-1, 1], H×W×3."""
    ys = (torch.arange(height) + 0.5) * 2 / height - 1
    xs = (torch.arange(width) + 0.5) * 2 / width - 1
    grid_y, grid_x = torch.meshgrid(ys, xs, indexing="ij")
    return torch.stack([grid_x, grid_y, torch.ones_like(grid_x)], dim=-1)
