"""An encoder that has learnt nothing, which is as good as any for the service."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch

from iiif_dedup.process.tiles import PREPROCESSING
from iiif_dedup.search.budget import Background, pooled
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork
from iiif_dedup.store import encoders
from iiif_dedup.store.database import Database
from iiif_dedup.types import Json

NOTHING_MEASURED = {"table": pooled([], Background.RAW).to_json()}
"""The calibration of an encoder without any anchor."""


def random_encoder(seed: int) -> TileEncoder:
    """Return an encoder with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TileEncoder.of(TileNetwork(), {"seed": seed})


def put_in_use(
    database: Database, encoder: TileEncoder, calibration: Mapping[str, Json] | None = None
) -> None:
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
        encoders.activate(session, encoder.version, calibration or NOTHING_MEASURED)


@pytest.fixture(scope="session")
def encoder() -> TileEncoder:
    return random_encoder(0)
