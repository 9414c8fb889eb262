"""The web server: threads, one process, on the address of the settings."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import waitress
from flask import Flask

from api.auth import check_exposure
from api.context import SERVER_THREADS, service_of
from workers import logs


def serve(app: Flask) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered.

    Raises:
        SettingsError: Strangers could write; see `api.auth.check_exposure`.
    """
    settings = service_of(app).settings
    check_exposure(settings)
    logs.configure(settings, "web")
    signal.signal(signal.SIGTERM, _stop)
    try:
        waitress.serve(
            app,
            host=settings.host,
            port=settings.port,
            threads=SERVER_THREADS,
            ident=None,
            # Without a key they tell that a proxy lets strangers in; see `api.auth`.
            clear_untrusted_proxy_headers=False,
        )
    finally:
        service_of(app).close()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
