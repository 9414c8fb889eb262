"""What local features found, as pictures."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from iiif_dedup.evidence.features import extract
from iiif_dedup.evidence.local import LocalEvidence, compare_features
from iiif_dedup.evidence.overlay_pictures import difference_picture, overlay_picture
from iiif_dedup.evidence.pictures import as_jpeg, matches_picture

Picture = NDArray[np.uint8]


def drawn(seed: int = 1, height: int = 300, width: int = 420) -> Picture:
    """Return a picture with much to recognise, all of it grey."""
    rng = np.random.default_rng(seed)
    canvas = np.full((height, width, 3), 200, dtype=np.uint8)
    for _ in range(90):
        x, y, radius = (int(n) for n in rng.integers((0, 0, 4), (width, height, 18)))
        shade = int(rng.integers(0, 256))
        cv2.rectangle(canvas, (x, y), (x + 2 * radius, y + radius), (shade, shade, shade), -1)
    return canvas


def local(anchor: Picture, candidate: Picture) -> LocalEvidence:
    found = compare_features(extract(anchor), extract(candidate))
    assert found is not None
    return found


def colourful(picture: Picture) -> NDArray[np.intp]:
    """Return how much more red than blue each pixel is."""
    return picture[..., 0].astype(np.intp) - picture[..., 2]


def test_matches_are_drawn_between_both_pictures() -> None:
    anchor = drawn()
    candidate = np.ascontiguousarray(np.rot90(anchor))
    found = local(anchor, candidate)
    assert len(found.shared) == 1
    shown = matches_picture(anchor, candidate, found)
    assert shown.shape == (572, 572 + 24 + 400, 3)
    assert shown.dtype == np.uint8
    gap = shown[:, 567:589]
    assert (colourful(gap) > 100).any(), "no line crosses the gap"
    plain = matches_picture(anchor, candidate, None)
    assert plain.shape == shown.shape
    assert (plain[:, 567:589] == 255).all()


def test_strangers_stand_side_by_side() -> None:
    anchor, candidate = drawn(1), drawn(2)
    found = local(anchor, candidate)
    assert not found.shared
    assert (matches_picture(anchor, candidate, found)[:, 567:589] == 255).all()
    assert overlay_picture(anchor, candidate, found) is None
    assert difference_picture(anchor, candidate, found) is None


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (40, 40), (2000, 2500)])
def test_any_size_can_be_shown(shape: tuple[int, int]) -> None:
    odd = np.full((*shape, 3), 90, dtype=np.uint8)
    shown = matches_picture(odd, drawn(), None)
    assert shown.shape[0] <= 572
    assert shown.shape[1] <= 2 * 560 + 36


def test_the_overlay_goes_on_from_one_picture_to_the_other() -> None:
    anchor = drawn()
    candidate = np.ascontiguousarray(anchor[:, ::-1])
    found = local(anchor, candidate)
    assert found.shared[0].region.mirrored
    shown = overlay_picture(anchor, candidate, found)
    assert shown is not None
    height, width = shown.shape[:2]
    assert max(height, width) == 768
    expected = cv2.resize(anchor, (width, height), interpolation=cv2.INTER_CUBIC)
    inner = slice(20, height - 20), slice(20, width - 20)
    apart = np.abs(shown[inner].astype(np.float64) - expected[inner])
    assert apart.mean() < 12, "the mirrored candidate does not lie on the anchor"


def test_differences_are_warm_in_the_anchor_and_cold_in_the_candidate() -> None:
    common = drawn()
    anchor, candidate = common.copy(), (common * 0.8).astype(np.uint8)
    cv2.circle(anchor, (100, 100), 30, (0, 0, 0), 5)
    cv2.circle(candidate, (300, 200), 30, (0, 0, 0), 5)
    shown = difference_picture(anchor, candidate, local(anchor, candidate))
    assert shown is not None
    small = cv2.resize(shown, (420, 300), interpolation=cv2.INTER_AREA)
    tint = colourful(np.asarray(small, dtype=np.uint8))
    ours, theirs = tint[60:140, 60:140], tint[160:240, 260:340]
    assert (ours > 80).sum() > 10 * max(1, (ours < -80).sum())
    assert (theirs < -80).sum() > 10 * max(1, (theirs > 80).sum())
    elsewhere = np.delete(tint[20:280], np.s_[50:350], axis=1)[:, 20:-20]
    assert (np.abs(elsewhere) < 40).mean() > 0.97, "light alone is shown as a difference"


def test_one_picture_differs_nowhere_from_itself() -> None:
    anchor = drawn()
    shown = difference_picture(anchor, anchor, local(anchor, anchor))
    assert shown is not None
    assert (shown[..., 0] == shown[..., 2]).mean() > 0.999


def test_two_surfaces_are_both_laid_over() -> None:
    one, other = drawn(1), drawn(2)
    wall = np.full((360, 1000, 3), 230, dtype=np.uint8)
    wall[30:330, 30:450], wall[30:330, 550:970] = one, other
    swapped = np.concatenate([other, one], axis=1)
    found = local(wall, swapped)
    assert len(found.shared) >= 2
    shown = overlay_picture(wall, swapped, found)
    assert shown is not None
    assert shown.shape[1] == 768
    assert matches_picture(wall, swapped, found).shape[1] == 2 * 560 + 36


def test_a_small_surface_is_enlarged() -> None:
    painting = drawn()
    wall = np.full((700, 760, 3), 230, dtype=np.uint8)
    wall[100:250, 100:310] = cv2.resize(painting, (210, 150), interpolation=cv2.INTER_AREA)
    found = local(wall, painting)
    shown = overlay_picture(wall, painting, found)
    assert shown is not None
    assert 600 <= shown.shape[1] <= 770


def test_jpeg_files_are_the_same_for_the_same_picture() -> None:
    picture = matches_picture(drawn(), drawn(2), None)
    body = as_jpeg(picture)
    assert body == as_jpeg(picture)
    with Image.open(io.BytesIO(body), formats=["JPEG"]) as image:
        assert image.size == picture.shape[1::-1]


def test_a_real_photograph_lies_on_the_catalogue_picture(shared: Path) -> None:
    folder = shared / "data" / "museum_paintings"
    pictures = []
    for name in ("queries/qsd2_w3/00005.jpg", "catalogue/bbdd_00094.jpg"):
        with Image.open(folder / name) as image:
            image.thumbnail((768, 768))
            pictures.append(np.asarray(image.convert("RGB")))
    anchor, candidate = pictures
    found = local(anchor, candidate)
    difference = difference_picture(anchor, candidate, found)
    assert difference is not None
    height, width = difference.shape[:2]
    middle = difference[height // 4 : -height // 4, width // 4 : -width // 4]
    assert (np.abs(colourful(middle)) < 30).mean() > 0.98
