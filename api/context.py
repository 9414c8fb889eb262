"""What every request of one application shares."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from flask import Flask, current_app
from redis import Redis

from iiif_dedup.pipeline.similar import SimilarFinder
from iiif_dedup.publish.urls import Urls
from iiif_dedup.settings import Settings
from iiif_dedup.store.database import Database
from workers.queues import connect

SERVER_THREADS = 8
"""Requests that the web server answers at the same time."""
_EXTENSION = "iiif_dedup"


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one application; close it when the application ends.

    Attributes:
        settings: The settings in force.
        database: Where everything is.
        redis: Where workers are woken; it connects when it is first used.
        urls: Every URL that is handed out.
        similar: Finds pictures that look alike, in the packs of this machine.
        waiting: Held by requests that wait for a search: half of the threads at most, so that
            the others still answer.
    """

    settings: Settings
    database: Database
    redis: Redis
    urls: Urls
    similar: SimilarFinder
    waiting: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(SERVER_THREADS // 2)
    )

    @classmethod
    def open(cls, settings: Settings) -> Service:
        """Return the parts for these settings."""
        return cls(
            settings,
            Database(settings.database),
            connect(settings),
            Urls(settings.base_url),
            SimilarFinder(settings.packs_folder),
        )

    def install(self, app: Flask) -> None:
        """Make this the service of `app`."""
        app.extensions[_EXTENSION] = self

    def close(self) -> None:
        """Close every connection."""
        self.database.close()
        self.redis.close()


def service_of(app: Flask) -> Service:
    """Return the service of an application."""
    found: Service = app.extensions[_EXTENSION]
    return found


def service() -> Service:
    """Return the service of the current request or command."""
    return service_of(current_app)
