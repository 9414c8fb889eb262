"""Each step against torchvision's own kernels, the oracle."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from iiif_dedup.search.views import ViewRanges, affine, blur, colour_jitter, random_views
from iiif_dedup.torchvision_compat import import_torchvision

functional = import_torchvision().transforms.v2.functional
COUNT = 200


def _generator(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _tiles(count: int = COUNT) -> Tensor:
    generator = _generator(1)
    noise = torch.randint(0, 256, (count, 3, 32, 32), generator=generator)
    ramp = torch.arange(32).mul(8).expand(count, 3, 32, 32)
    return torch.where(torch.rand(count, 1, 1, 1, generator=generator) < 0.5, noise, ramp).to(
        torch.uint8
    )


def _uniform(low: float, high: float) -> Tensor:
    return torch.empty(COUNT).uniform_(low, high, generator=_generator(3))


def _assert_same_levels(ours: Tensor, oracle: Tensor) -> None:
    """Whole levels; float32 sums in another order may tip one level in few pixels."""
    assert torch.equal(ours, ours.round())
    difference = (ours - oracle.to(torch.float32)).abs()
    assert difference.max() <= 1
    assert (difference > 0).float().mean() < 2e-3


def test_affine_is_torchvisions() -> None:
    tiles = _tiles()
    angle, shear, scale = _uniform(-20, 20), _uniform(-10, 10), _uniform(0.9, 1.1)
    translation = torch.randint(-3, 4, (COUNT, 2), generator=_generator()).float()
    ours = affine(tiles.float(), angle=angle, translation=translation, scale=scale, shear=shear)
    oracle = torch.stack(
        [
            functional.affine(
                tiles[i],
                angle=float(angle[i]),
                translate=translation[i].tolist(),
                scale=float(scale[i]),
                shear=[float(shear[i]), 0.0],
                fill=0,
            )
            for i in range(COUNT)
        ]
    )
    # A source exactly between two pixels may fall on either side; nothing else may differ.
    assert (ours != oracle).any(dim=1).float().mean() < 5e-4


def test_affine_without_change_is_identity() -> None:
    tiles = _tiles(4).float()
    zero, one = torch.zeros(4), torch.ones(4)
    moved = affine(tiles, angle=zero, translation=torch.zeros(4, 2), scale=one, shear=zero)
    assert torch.equal(moved, tiles)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_colour_jitter_is_torchvisions_in_every_order(order: tuple[int, int, int]) -> None:
    tiles = _tiles()
    factors = torch.empty(COUNT, 3).uniform_(0.7, 1.3, generator=_generator())
    ours = colour_jitter(tiles.float(), factors=factors, order=torch.tensor(order).expand(COUNT, 3))
    steps = (functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation)
    oracle = []
    for tile, row in zip(tiles, factors.tolist(), strict=True):
        for kind in order:
            tile = steps[kind](tile, row[kind])  # noqa: PLW2901 - each step feeds the next
        oracle.append(tile)
    difference = (ours - torch.stack(oracle).float()).abs()
    # One level tipped before a contrast step can move one more.
    assert difference.max() <= 2
    assert (difference > 0).float().mean() < 5e-3


def test_colour_jitter_takes_one_order_per_tile() -> None:
    tiles = _tiles(2).float()
    factors = torch.tensor([[1.3, 0.7, 0.8]]).expand(2, 3)
    order = torch.tensor([[0, 1, 2], [2, 1, 0]])
    both = colour_jitter(tiles, factors=factors, order=order)
    for i in range(2):
        alone = colour_jitter(tiles[i : i + 1], factors=factors[:1], order=order[i : i + 1])
        assert torch.equal(both[i : i + 1], alone)


def test_blur_is_torchvisions() -> None:
    tiles = _tiles()
    sigma = _uniform(0.1, 2.0)
    oracle = torch.stack(
        [functional.gaussian_blur(tiles[i], [3, 3], [float(sigma[i])]) for i in range(COUNT)]
    )
    _assert_same_levels(blur(tiles.float(), sigma=sigma), oracle)


def test_views_are_seeded_in_range_and_different() -> None:
    anchor = _tiles(1).expand(64, -1, -1, -1)
    views = random_views(anchor, ViewRanges(), _generator())
    assert views.shape == (64, 3, 32, 32)
    assert views.dtype == torch.float32
    assert 0 <= views.min() <= views.max() <= 1
    assert torch.equal(views, random_views(anchor, ViewRanges(), _generator()))
    assert not torch.equal(views, random_views(anchor, ViewRanges(), _generator(8)))
    assert len({view.numpy().tobytes() for view in views}) == 64


def test_ranges_of_zero_change_nothing() -> None:
    tiles = _tiles(8)
    still = ViewRanges(
        rotation=0,
        translation=0,
        scale=(1, 1),
        shear=0,
        brightness=0,
        contrast=0,
        saturation=0,
        blur_sigma=(0.1, 0.1),
    )
    assert torch.equal(random_views(tiles, still, _generator()), tiles.float() / 255)
