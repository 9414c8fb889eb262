"""The way of the data, in order.

Each function is one job, joins one step to the store, and may be killed and repeated.

1. `harvest`         what a harvester yields → `record`, `record_alias`, `image` slots,
                     `harvest_failure`; at its end what is gone is deleted, records by two routes
                     become `same_record`, and 2 is queued in the transaction that finishes it.
2. `process_images`  pending slots, and ready ones whose record has changed → fetched, compared
                     with what was there, decoded, tiled → `image_version`, `tile`, derivatives,
                     in the order of the slots, so that the same images get the same numbers.
3. `train_encoder`   the tiles of all images → the collection's own encoder → `encoder`; queued by
                     2 when the collection is large enough and has grown enough.
4. `search_record`   one image of a record, and the pool of all others → a clone recipe and the
                     other generators; then evidence of each candidate, and its probability →
                     `search_run`, `candidate`.

All of them compute first and then write in one short transaction of their `Claim`, which fails
when another attempt has the job. What they write depends on what they read alone, never on the
clock, the attempt or the process.
"""

from iiif_dedup.pipeline.describing import load_descriptors
from iiif_dedup.pipeline.encoders import EncoderInUse
from iiif_dedup.pipeline.harvesting import harvest
from iiif_dedup.pipeline.moving import rehearse_move
from iiif_dedup.pipeline.packs import Packs
from iiif_dedup.pipeline.processing import process_images
from iiif_dedup.pipeline.searching import search_record
from iiif_dedup.pipeline.training import train_encoder

__all__ = [
    "EncoderInUse",
    "Packs",
    "harvest",
    "load_descriptors",
    "process_images",
    "rehearse_move",
    "search_record",
    "train_encoder",
]
