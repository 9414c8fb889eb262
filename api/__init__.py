"""The HTTP API, the IIIF pages and the commands; `flask --app api` finds `create_app` here."""

from api.app import create_app

__all__ = ["create_app"]
