from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from iiif_dedup.process.descriptors import get_descriptor
from iiif_dedup.process.descriptors.colour import Colour


def painted(colour: tuple[int, int, int], other: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return a disc on a ground."""
    y, x = np.mgrid[-1:1:120j, -1:1:90j]
    inside = x**2 + y**2 < 0.4
    return np.where(inside[..., None], colour, other).astype(np.uint8)


@pytest.fixture
def colour() -> Colour:
    return Colour()


def test_it_is_in_the_registry() -> None:
    assert get_descriptor("colour").version == "colour/1"


def test_vectors_have_length_one_whatever_the_picture(colour: Colour) -> None:
    rng = np.random.default_rng(2)
    pictures = [np.zeros((1, 1, 3), np.uint8), np.full((9, 500, 3), 255, np.uint8)]
    pictures += [rng.integers(0, 256, (h, 40, 3), dtype=np.uint8) for h in (8, 64, 700)]
    vectors = colour.describe(pictures)
    assert vectors.shape == (5, colour.dimensions)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert colour.describe([]).shape == (0, colour.dimensions)


def test_another_ground_changes_less_than_another_object(colour: Colour) -> None:
    red, blue, white, black = (190, 60, 40), (30, 60, 170), (250, 250, 250), (15, 15, 15)
    same, other_ground, other_object = colour.describe(
        [painted(red, white), painted(red, black), painted(blue, white)]
    )
    assert same @ other_ground > same @ other_object


def test_the_product_is_the_two_coefficients_that_it_promises(colour: Colour) -> None:
    left = painted((190, 60, 40), (250, 250, 250))
    same, turned = colour.describe([left, left[::-1]])
    assert same @ same == pytest.approx(1)
    # The same colours in nearly the same places.
    assert 0.97 < same @ turned <= 1
    flat, flat_too = colour.describe([np.full((50, 50, 3), v, np.uint8) for v in (10, 250)])
    assert flat @ flat_too == 0
