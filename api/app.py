"""The application: its parts, its blueprints, and what holds for every request."""

from __future__ import annotations

from urllib.parse import urlsplit

import click
from flask import Flask, Response, current_app, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from api import auth, cli
from api.blueprints import (
    clones,
    encoders,
    events,
    evidence,
    harvests,
    iiif,
    jobs,
    meta,
    pages,
    previews,
    records,
    same_records,
    similar,
    sources,
    taking_down,
)
from api.context import Service
from api.openapi import Api, document, register_converters
from api.problems import invalid
from iiif_dedup import __version__
from iiif_dedup.errors import SettingsError
from iiif_dedup.settings import Settings, load_settings

MAX_BODY_BYTES = 1024 * 1024
_BLUEPRINTS = (
    sources,
    previews,
    taking_down,
    harvests,
    events,
    jobs,
    records,
    same_records,
    clones,
    evidence,
    similar,
    encoders,
    iiif,
    pages,
    meta,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the WSGI application, with its commands.

    Nothing is connected yet; `api.context.service_of(app).close()` ends what was.

    Args:
        settings: The settings in force; None loads them.

    Raises:
        SettingsError: A setting is unknown or invalid.
    """
    app = Flask(__name__)
    # Greek stays Greek in what people read with curl.
    app.json = DefaultJSONProvider(app)
    app.json.ensure_ascii = False
    app.config.update(
        API_TITLE="iiif_dedup",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        PROPAGATE_EXCEPTIONS=False,
    )
    parts = Service.open(_settings_in_force() if settings is None else settings)
    parts.install(app)
    # Pages load their parts by path, so that localhost and 127.0.0.1 both are "self".
    root = urlsplit(parts.urls.base).path
    app.context_processor(lambda: {"root": root})
    api = Api(app)
    register_converters(app, api)
    app.before_request(auth.guard)
    app.before_request(refuse_unknown_parameters)
    app.after_request(finish)
    for module in _BLUEPRINTS:
        api.register_blueprint(module.blp)
    document(app, api)
    cli.register(app)
    return app


def _settings_in_force() -> Settings:
    """Load the settings; for a command, what is wrong with them is a sentence, not a traceback."""
    try:
        return load_settings()
    except SettingsError as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(error)) from error


def refuse_unknown_parameters() -> None:
    """Refuse query parameters that the endpoint does not know, instead of ignoring them.

    Raises:
        ProblemError: 422, naming the first one.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or isinstance(request.routing_exception, HTTPException):
        return
    known: frozenset[str] = getattr(view, "query_names", frozenset())
    for name in request.args:
        if name not in known:
            expected = ", ".join(sorted(known)) or "none"
            raise invalid("query", name, f"unknown; known parameters: {expected}")


def finish(response: Response) -> Response:
    """Give every answer its ETag, caching and safety headers; 304 where nothing changed."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers.setdefault("Cache-Control", "no-cache")
    cacheable = "no-store" not in response.headers["Cache-Control"]
    if request.method in {"GET", "HEAD"} and response.status_code == 200 and cacheable:
        if not response.direct_passthrough:
            response.add_etag()
        response.make_conditional(request)
    return response
