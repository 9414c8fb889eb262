from __future__ import annotations

import numpy as np
import pytest

from iiif_dedup.evaluation.transforms import TRANSFORMS, Pixels


@pytest.fixture
def picture() -> Pixels:
    """A patterned disc on a ground that grows darker downwards."""
    ys, xs = np.mgrid[:200, :160]
    disc = np.hypot(ys - 100, xs - 80) < 60
    pattern = np.stack([xs * 3, ys * 2, xs + ys], axis=2) % 256
    ground = np.broadcast_to(200 - ys[..., np.newaxis] // 4, pattern.shape)
    return np.where(disc[..., np.newaxis], pattern, ground).astype(np.uint8)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_changes_a_picture_and_repeats_itself(name: str, picture: Pixels) -> None:
    before = picture.copy()
    changed = TRANSFORMS[name](picture, np.random.default_rng(1))
    again = TRANSFORMS[name](picture, np.random.default_rng(1))
    assert changed.dtype == np.uint8
    assert changed.ndim == 3
    assert changed.shape[2] == 3
    assert (picture == before).all()
    assert changed.shape == again.shape
    assert (changed == again).all()
    assert changed.shape != picture.shape or (changed != picture).any()


def test_sizes(picture: Pixels) -> None:
    shapes = {
        name: transform(picture, np.random.default_rng(2)).shape[:2]
        for name, transform in TRANSFORMS.items()
    }
    assert shapes["crop_40"] == (120, 96)
    assert shapes["turned_90"] == (160, 200)
    assert shapes["passe_partout"] == (200 + 60, 160 + 60)
    assert shapes["caption_bar"] == (230, 160)
    same = ("perspective", "jpeg_20", "gamma", "grey", "mirrored", "strong_light", "background")
    assert {shapes[name] for name in same} == {(200, 160)}


def test_the_ground_is_replaced_and_the_thing_is_not(picture: Pixels) -> None:
    changed = TRANSFORMS["background"](picture, np.random.default_rng(3)).astype(int)
    apart = np.abs(changed - picture).max(axis=2)
    assert (apart[60:140, 40:120] == 0).mean() > 0.9
    assert (apart[:30] > 10).mean() > 0.95


def test_a_picture_without_ground_is_shown_on_another_one() -> None:
    busy = np.random.default_rng(4).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    changed = TRANSFORMS["background"](busy, np.random.default_rng(4))
    assert changed[:14].std(axis=(0, 1)).max() < 40
    assert changed.shape == busy.shape
