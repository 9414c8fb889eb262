"""The way of the data, in order.

Each function is one job, joins one step to the store, and may be killed and repeated.

1. `harvest`         what a harvester yields → `record`, `image` slots, `harvest_failure`; then
                     queues 2 in the transaction that finishes the harvest.
2. `process_images`  pending slots → fetched, decoded, tiled → `image_version`, `tile`, in the
                     order of the slots, so that the same images always get the same numbers.
3. `train_encoder`   the tiles of all images → the collection's own encoder → `encoder`; queued by
                     2 when the collection is large enough and has grown enough.
4. `search_record`   one image of a record, and the pool of all others → a clone recipe and the
                     other generators → `search_run`, `candidate`.

All of them compute first and then write in one short transaction of their `Claim`, which fails
when another attempt has the job. What they write depends on what they read alone, never on the
clock, the attempt or the process.
"""

from iiif_dedup.pipeline.describing import load_descriptors
from iiif_dedup.pipeline.encoders import EncoderInUse
from iiif_dedup.pipeline.harvesting import harvest
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
    "search_record",
    "train_encoder",
]
