"""What the jobs of one worker process share."""

from __future__ import annotations

from dataclasses import dataclass

from redis import Redis

from iiif_dedup.pipeline import EncoderInUse, Packs
from iiif_dedup.settings import Settings
from iiif_dedup.store.database import Database
from workers.interruption import Interruption


@dataclass(frozen=True, slots=True)
class Workplace:
    """What every job of one worker process uses.

    Attributes:
        settings: The settings in force.
        database: Where the jobs are.
        redis: Where follow-up jobs are announced.
        owner: This process, for the operator: host, process id and a random part.
        interruption: Ends a running handler.
        packs: The images to search, kept from one search to the next.
        encoder: The collection's, kept likewise.
    """

    settings: Settings
    database: Database
    redis: Redis
    owner: str
    interruption: Interruption
    packs: Packs
    encoder: EncoderInUse
