"""An encoder that has learnt nothing, which is as good as any for the service."""

from __future__ import annotations

import pytest
import torch

from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork
from iiif_dedup.store import encoders
from iiif_dedup.store.database import Database


def random_encoder(seed: int) -> TileEncoder:
    """Return an encoder with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TileEncoder.of(TileNetwork(), {"seed": seed})


def put_in_use(database: Database, encoder: TileEncoder) -> None:
    """Store and activate an encoder."""
    with database.write() as session:
        encoders.store_built(
            session,
            encoder.version,
            encoder.to_bytes(),
            preprocessing=PREPROCESSING,
            description=encoder.description,
            images=0,
            covered_sequence=0,
            job_id="test",
        )
        encoders.activate(session, encoder.version, {})


@pytest.fixture(scope="session")
def encoder() -> TileEncoder:
    return random_encoder(0)
