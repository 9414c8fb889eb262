"""The web process: `python -m api`, a child of the supervisor or on its own."""

from __future__ import annotations

import sys

from api.app import create_app
from api.web import serve
from iiif_dedup.errors import SettingsError

if __name__ == "__main__":
    try:
        serve(create_app())
    except SettingsError as error:
        sys.exit(f"Error: {error}")
