from __future__ import annotations

import torch

from iiif_dedup.search.photo_views import PhotoRanges, photo_views


def _tiles(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    coarse = torch.randint(0, 256, (count, 3, 4, 4), generator=generator, dtype=torch.uint8)
    return coarse.repeat_interleave(8, 2).repeat_interleave(8, 3)


def _views(tiles: torch.Tensor, seed: int, ranges: PhotoRanges | None = None) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return photo_views(tiles, ranges or PhotoRanges(), generator)


def test_views_follow_from_the_seed() -> None:
    tiles = _tiles(10)
    assert torch.equal(_views(tiles, 1), _views(tiles, 1))
    assert not torch.equal(_views(tiles, 1), _views(tiles, 2))


def test_views_are_levels_and_still_show_their_tile() -> None:
    tiles = _tiles(300)
    views = _views(tiles, 1)
    assert views.shape == (300, 3, 32, 32)
    assert views.dtype == torch.float32
    assert views.min() >= 0
    assert views.max() <= 1
    levels = tiles / 255
    own = (views - levels).abs().mean()
    assert own < (views - levels.roll(1, 0)).abs().mean() * 0.9


def test_without_any_range_a_view_is_its_tile() -> None:
    tiles = _tiles(6)
    still = PhotoRanges(
        **{name: 0.0 for name in PhotoRanges.__dataclass_fields__ if name != "blur_sigma"},
        blur_sigma=(0.1, 0.11),
    )
    assert (_views(tiles, 1, still) - tiles / 255).abs().max() < 0.005


def test_colour_goes_from_as_many_views_as_asked() -> None:
    grey = _views(_tiles(50), 1, PhotoRanges(grey=1.0, noise=0.0))
    assert (grey.amax(1) - grey.amin(1)).max() < 0.01
