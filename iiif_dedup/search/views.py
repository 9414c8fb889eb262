"""The paper's views of an anchor, batched: affine, colour jitter, blur (sections 3.3 and 4.2).

Every step computes what torchvision's `transforms.v2.functional` computes on uint8 tensors,
whole levels after each step included, but for hundreds of tiles with their own parameters at
once. The steps hand each other float32 tensors that hold whole levels 0 to 255; only the last
step scales to [0, 1], as ToTensor does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that torch's own documentation uses

_LUMA = (0.2989, 0.587, 0.114)
"""Weights of R, G and B in grey, as torchvision has them."""


@dataclass(frozen=True, slots=True)
class ViewRanges:
    """Ranges that views are drawn from, uniformly; defaults as in the paper's section 4.2.

    Attributes:
        rotation: Largest rotation either way, in degrees.
        translation: Largest shift either way, as a part of the side.
        scale: Least and largest scale.
        shear: Largest shear parallel to the x axis either way, in degrees.
        brightness: Largest departure of the brightness factor from 1; so for `contrast` and
            `saturation`.
        blur_sigma: Least and largest standard deviation of the 3×3 blur, in pixels
            (torchvision's default range, since the paper names the kernel size only).
    """

    rotation: float = 20.0
    translation: float = 0.1
    scale: tuple[float, float] = (0.9, 1.1)
    shear: float = 10.0
    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.2
    blur_sigma: tuple[float, float] = (0.1, 2.0)


def random_views(tiles: Tensor, ranges: ViewRanges, generator: torch.Generator) -> Tensor:
    """Return one random view of each tile, float32 in [0, 1], N×3×H×W.

    Args:
        tiles: uint8, N×3×H×W, on the CPU; expand one anchor to N for N views of it.
        ranges: What the parameters of each view are drawn from.
        generator: Source of every random number; the same state gives the same views.
    """
    count, _, height, width = tiles.shape

    def uniform(low: float, high: float) -> Tensor:
        return torch.empty(count).uniform_(low, high, generator=generator)

    views = affine(
        tiles.to(torch.float32),
        angle=uniform(-ranges.rotation, ranges.rotation),
        translation=torch.stack(
            [
                uniform(-ranges.translation * side, ranges.translation * side).round()
                for side in (width, height)
            ],
            dim=1,
        ),
        scale=uniform(*ranges.scale),
        shear=uniform(-ranges.shear, ranges.shear),
    )
    factors = [
        uniform(max(0.0, 1 - spread), 1 + spread)
        for spread in (ranges.brightness, ranges.contrast, ranges.saturation)
    ]
    order = torch.rand(count, 3, generator=generator).argsort(dim=1)
    views = colour_jitter(views, factors=torch.stack(factors, dim=1), order=order)
    return blur(views, sigma=uniform(*ranges.blur_sigma)).div_(255)


def affine(
    levels: Tensor, *, angle: Tensor, translation: Tensor, scale: Tensor, shear: Tensor
) -> Tensor:
    """Return each tile rotated, sheared, scaled and shifted about its centre.

    Nearest neighbour, black outside, as torchvision's RandomAffine does by default.

    Args:
        levels: float32, N×3×H×W.
        angle: Degrees, clockwise, N.
        translation: Whole pixels to the right and down, N×2.
        scale: N.
        shear: Degrees parallel to the x axis, N.
    """
    height, width = levels.shape[-2:]
    rotation = angle.double().deg2rad()
    tangent = shear.double().deg2rad().tan()
    cos, sin = rotation.cos(), rotation.sin()
    # Inverse of rotation · shear, divided by the scale: from a target pixel to its source.
    inverse = torch.stack([cos - sin * tangent, cos * tangent + sin, -sin, cos], dim=1)
    inverse = inverse.view(-1, 2, 2) / scale.double().view(-1, 1, 1)
    offset = -(inverse @ translation.double().unsqueeze(-1))
    matrix = torch.cat([inverse, offset], dim=2).to(torch.float32)

    ys = torch.arange(height) - (height - 1) / 2
    xs = torch.arange(width) - (width - 1) / 2
    grid_y, grid_x = torch.meshgrid(ys, xs, indexing="ij")
    targets = torch.stack([grid_x, grid_y, torch.ones_like(grid_x)], dim=-1).view(1, -1, 3)
    half_sides = torch.tensor([width / 2, height / 2])
    # Pixels become grid_sample's [-1, 1] before the product, which is torchvision's order of
    # rounding: sources half-way between two pixels then fall on the same side.
    sources = targets.expand(len(levels), -1, -1).bmm(matrix.transpose(1, 2) / half_sides)
    return F.grid_sample(
        levels,
        sources.view(-1, height, width, 2),
        mode="nearest",
        padding_mode="zeros",
        align_corners=False,
    )


def colour_jitter(levels: Tensor, *, factors: Tensor, order: Tensor) -> Tensor:
    """Return each tile with brightness, contrast and saturation changed in its own order.

    Each change is a blend of the tile with something plainer (black, its mean grey, its grey
    picture), so all three are one formula with another partner.

    Args:
        levels: float32, N×3×H×W.
        factors: Factors of brightness, contrast and saturation, N×3; 1 changes nothing.
        order: A permutation of 0 (brightness), 1 (contrast), 2 (saturation) per tile, N×3.
    """
    weights = torch.tensor(_LUMA).view(1, 3, 1, 1)
    for change in order.unbind(dim=1):
        kind = change.view(-1, 1, 1, 1)
        grey = (levels * weights).sum(dim=1, keepdim=True).floor_()
        plainer = torch.where(kind == 1, grey.mean(dim=(2, 3), keepdim=True), grey) * (kind != 0)
        factor = factors.gather(1, change.unsqueeze(1)).view(-1, 1, 1, 1)
        levels = (levels * factor + plainer * (1 - factor)).clamp_(0, 255).floor_()
    return levels


def blur(levels: Tensor, *, sigma: Tensor) -> Tensor:
    """Return each tile under a 3×3 Gaussian with its own standard deviation.

    Args:
        levels: float32, N×3×H×W; borders are reflected.
        sigma: Pixels, N.
    """
    side = torch.exp(-0.5 / sigma.square()).view(-1, 1, 1, 1)
    centre = 1 / (1 + 2 * side)
    side = side * centre
    padded = F.pad(levels, (1, 1, 1, 1), mode="reflect")
    rows = centre * padded[:, :, 1:-1] + side * (padded[:, :, :-2] + padded[:, :, 2:])
    both = centre * rows[..., 1:-1] + side * (rows[..., :-2] + rows[..., 2:])
    return both.round_()
