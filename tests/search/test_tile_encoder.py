from __future__ import annotations

import numpy as np
import pytest
import torch

from iiif_dedup.errors import EncoderError
from iiif_dedup.search.tile_encoder import (
    DIMENSIONS,
    STARTING_WEIGHTS,
    TileEncoder,
    TileNetwork,
    starting_encoder,
)

TILES = np.random.default_rng(2).integers(0, 256, (700, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def encoder() -> TileEncoder:
    torch.manual_seed(3)
    network = TileNetwork()
    with torch.no_grad():
        network.train()(torch.rand(64, 3, 32, 32))
    return TileEncoder.of(network, {"seed": 3})


def test_tiles_become_unit_vectors_whatever_the_batch(encoder: TileEncoder) -> None:
    vectors = encoder.encode(TILES)
    assert vectors.shape == (700, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert np.abs(vectors[600:] - encoder.encode(TILES[600:])).max() < 1e-5
    assert encoder.encode(TILES[:0]).shape == (0, DIMENSIONS)


def test_folding_changes_nothing_but_the_time(encoder: TileEncoder) -> None:
    levels = torch.from_numpy(TILES.astype(np.float32) / 255).permute(0, 3, 1, 2)
    with torch.no_grad():
        expected = encoder.network(levels).numpy()
    assert np.abs(encoder.encode(TILES) - expected).max() < 1e-5


def test_how_light_a_tile_is_as_a_whole_changes_nothing(encoder: TileEncoder) -> None:
    tiles = TILES[:20] // 2
    assert np.abs(encoder.encode(tiles) - encoder.encode(tiles + 90)).max() < 1e-4


def test_bytes_are_the_same_encoder_again(encoder: TileEncoder) -> None:
    again = TileEncoder.from_bytes(encoder.to_bytes(), "cpu")
    assert again.version == encoder.version
    assert again.description == {"seed": 3}
    assert np.array_equal(again.encode(TILES[:9]), encoder.encode(TILES[:9]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no safetensors at all",
        TileEncoder.of(TileNetwork(), {}).to_bytes()[:5000],
        TileEncoder.of(TileNetwork(), {}).to_bytes().replace(b"tile-encoder/1", b"tile-encoder/0"),
        TileEncoder.of(TileNetwork(), {}).to_bytes().replace(b"project", b"protect"),
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(EncoderError, match="Train the encoder anew"):
        TileEncoder.from_bytes(data, "cpu")


def test_the_package_brings_a_small_starting_encoder() -> None:
    assert STARTING_WEIGHTS.stat().st_size < 8 * 2**20
    assert starting_encoder("cpu").description["tiles"]
