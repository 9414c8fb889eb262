"""What the jobs of one worker process share."""

from __future__ import annotations

from dataclasses import dataclass, field

from redis import Redis

from iiif_dedup.pipeline import TilePools
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
        pools: The images to search, kept from one search to the next.
    """

    settings: Settings
    database: Database
    redis: Redis
    owner: str
    interruption: Interruption
    pools: TilePools = field(default_factory=TilePools)
