from __future__ import annotations

import math

import torch
from torch import nn

from iiif_dedup.search.encoder import CloneEncoder


def _encoder(seed: int = 1) -> CloneEncoder:
    return CloneEncoder(torch.Generator().manual_seed(seed))


def test_shape_and_size_are_the_papers() -> None:
    encoder = _encoder()
    assert sum(parameter.numel() for parameter in encoder.parameters()) == 275_136
    assert encoder(torch.rand(5, 3, 32, 32)).shape == (5, 128)
    convolutions = [layer for layer in encoder if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [32, 64, 128]
    assert {(c.kernel_size, c.stride, c.padding) for c in convolutions} == {
        ((5, 5), (2, 2), (2, 2))
    }


def test_norms_are_the_vectors_lengths() -> None:
    tiles = torch.rand(4, 3, 32, 32)
    encoder = _encoder()
    assert torch.allclose(encoder.norms(tiles), encoder(tiles).square().sum(dim=1).sqrt())


def test_weights_follow_the_generator_alone() -> None:
    before = torch.get_rng_state()
    first, again, other = _encoder(), _encoder(), _encoder(2)
    assert torch.equal(torch.get_rng_state(), before)
    for a, b, c in zip(first.parameters(), again.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_weights_are_distributed_as_torchs_default() -> None:
    layer = _encoder()[2]
    assert isinstance(layer, nn.Conv2d)
    ours, torchs = layer.weight.detach(), nn.Conv2d(32, 64, 5).weight.detach()
    assert float(ours.abs().max()) <= 1 / math.sqrt(32 * 25)
    assert abs(float(ours.std() / torchs.std()) - 1) < 0.02
