from __future__ import annotations

import numpy as np
import torch

from iiif_dedup.search.calibration import calibrate
from iiif_dedup.search.pool import Encoded, Pool
from iiif_dedup.search.tile_encoder import TileEncoder, TileNetwork


def test_the_table_is_fitted_on_one_half_of_the_records_and_checked_on_the_other() -> None:
    coarse = np.random.default_rng(4).integers(0, 256, (120, 4, 4, 3), dtype=np.uint8)
    tiles = coarse.repeat(8, axis=1).repeat(8, axis=2)
    tiles[5] = 200
    torch.manual_seed(1)
    encoder = TileEncoder.of(TileNetwork(), {})
    records = [f"r{i // 2}" for i in range(120)]
    ids = [f"i{i:03}" for i in range(120)]
    pool = Pool.of_tiles(tiles, ids, records, Encoded(encoder.version, encoder.encode(tiles)))
    eligible = np.arange(120) < 100
    told: list[tuple[int, int]] = []

    found = calibrate(
        encoder, pool, eligible, seed=1, anchors=60, progress=lambda *step: told.append(step)
    )

    assert found.table.anchors + found.check_anchors in {59, 60}
    assert min(found.table.anchors, found.check_anchors) > 15
    assert found.table.pool_size == 98
    assert set(found.checked) == {0.1, 1.0}
    assert told[-1][0] == told[-1][1]
