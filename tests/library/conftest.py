"""A folder of drawn pictures, and a cache that is ready but for them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from iiif_dedup.library.cache import ENCODER
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork
from tests.library.pictures import COUNT, drawn


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Pictures 00.png to 09.png, a smaller JPEG of 03, and the same file as 05 in a folder."""
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for number in range(COUNT):
        drawn(number).save(folder / f"{number:02}.png")
    drawn(3).resize((80, 60)).save(folder / "03 again.jpg", quality=80)
    (folder / "below" / "five.png").write_bytes((folder / "05.png").read_bytes())
    return folder


@pytest.fixture(scope="session")
def weights() -> bytes:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return TileEncoder.of(TileNetwork(), {}).to_bytes()


@pytest.fixture
def cache(tmp_path: Path, weights: bytes) -> Path:
    """With an encoder of its own, so that no test depends on the one in the package."""
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / ENCODER).write_bytes(weights)
    return folder
