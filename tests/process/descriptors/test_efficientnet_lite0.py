from __future__ import annotations

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from demo.collections import vessel_dataset
from iiif_dedup.process.decode import decode
from iiif_dedup.process.descriptors.efficientnet_lite0 import (
    WEIGHTS,
    EfficientNetLite0,
    generalised_mean,
    load_layers,
    load_projection,
)


@pytest.fixture(scope="module")
def descriptor() -> EfficientNetLite0:
    return EfficientNetLite0(device="cpu")


def test_the_layers_compute_what_the_reference_does() -> None:
    reference = EfficientNet.from_name("efficientnet-lite0")
    reference.load_state_dict(torch.load(str(WEIGHTS), weights_only=True))
    reference.eval()
    pixels = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        expected = reference.extract_features(pixels)
        torch.testing.assert_close(load_layers()(pixels), expected, atol=1e-4, rtol=1e-4)


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours(
    descriptor: EfficientNetLite0,
) -> None:
    rng = np.random.default_rng(1)
    shapes = [(1, 1), (8, 300), (500, 40), (224, 224)] * 5
    pictures = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
    together = descriptor.describe(pictures)
    assert together.shape == (20, descriptor.dimensions)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([descriptor.describe([picture]) for picture in pictures[:4]])
    np.testing.assert_allclose(alone, together[:4], atol=1e-4)


def test_no_pictures_give_no_vectors(descriptor: EfficientNetLite0) -> None:
    assert descriptor.describe([]).shape == (0, descriptor.dimensions)


def test_the_projection_is_orthonormal_and_has_fixed_signs() -> None:
    projection = load_projection()
    torch.testing.assert_close(projection.T @ projection, torch.eye(256), atol=1e-5, rtol=0)
    assert (projection.gather(0, projection.abs().argmax(dim=0, keepdim=True)) > 0).all()


def test_the_mean_over_places_lies_between_mean_and_maximum() -> None:
    features = torch.tensor([[1.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.0]]).view(1, 2, 2, 2)
    expected = torch.tensor([[0.25 ** (1 / 3), 2.0]])
    torch.testing.assert_close(generalised_mean(features), expected)


def test_a_frame_changes_a_picture_less_than_another_picture(
    descriptor: EfficientNetLite0,
) -> None:
    images = [record.images[0] for record in vessel_dataset(3).collections[0].records[:2]]
    picture, other = (decode(image.source.read(), max_pixels=10**7).pixels for image in images)
    framed = np.pad(picture, ((120, 120), (120, 120), (0, 0)), constant_values=230)
    vectors = descriptor.describe([picture, framed, other])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
