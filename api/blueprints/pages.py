"""Pages for people: the entrance, and records side by side in Mirador."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template, send_from_directory
from sqlalchemy.orm import Session

from api import viewer
from api.auth import may_see_suggestions, may_write
from api.blueprints.records import known
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError
from api.schemas.pages import ViewerQuery
from iiif_dedup.publish.clean import http_uri, plain_text
from iiif_dedup.publish.manifests import canvas_of
from iiif_dedup.publish.text import Language, title
from iiif_dedup.search.recipes import DEFAULT_RECIPE
from iiif_dedup.store import clones, harvests
from iiif_dedup.store.models import Harvest
from iiif_dedup.types import ImageView, RecordView

blp = Blueprint("pages", __name__, description="Pages for people.")

LISTED_RECORDS = 50
LISTED_HARVESTS = 10
ONE_YEAR_S = 31_536_000
_PLAIN_CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:"
# Mirador's Material UI writes style elements while it runs, and pictures, manifests and pages
# come from any partner.
_VIEWER_CSP = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' http: https: data: blob:; connect-src 'self' http: https:; "
    "font-src 'self' data:"
)
_EVERY_CSP = "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@blp.endpoint("/", content_types=("text/html",))
def show_entrance() -> Response:
    """Show what is here."""
    parts = service()
    listed: list[RecordView] = []
    passes: list[Harvest] = []
    with parts.database.read() as session:
        if may_see_suggestions():
            listed = clones.records_with_runs(session, LISTED_RECORDS)
        if may_write():
            passes = list(harvests.list_harvests(session, limit=LISTED_HARVESTS).items)
    language = parts.settings.language
    links = [
        (title(record, language), parts.urls.viewer(record.id), parts.urls.strip(record.id))
        for record in listed
    ]
    reports = [
        (f"{row.source_key} {row.number}", row.state, f"{parts.urls.harvest(row.id)}/report")
        for row in passes
    ]
    return html_page(render_template("entrance.html", records=links, reports=reports))


@blp.endpoint(
    "/records/<id:record_id>/mirador",
    query=ViewerQuery,
    content_types=("text/html",),
    fails=(404, 410),
)
def show_viewer(query: dict[str, Any], record_id: str) -> Response:
    """Show a record in Mirador beside `candidate`, or beside its best suggestion."""
    parts = service()
    language: Language = query["lang"] or parts.settings.language
    with parts.database.read() as session:
        record = known(session, record_id)
        if query["candidate"] is None:
            pair = _best_pair(session, record)
        else:
            candidate = known(session, query["candidate"])
            pair = _pair_with(session, record, candidate)
    sides = [(record, pair.anchor)]
    if pair.candidate is not None:
        sides.append((pair.candidate, pair.image))
    return _viewer_page(sides, language)


@blp.endpoint("/assets/mirador/<version>/<file>", content_types=("text/javascript",), fails=(404,))
def show_asset(version: str, file: str) -> Response:
    """Serve the viewer's script; the version in the URL lets browsers keep it for a year."""
    found = viewer.installed()
    if found is None or (version, file) != (found.version, found.script):
        raise ProblemError("not-found", "This viewer is not installed; run `make setup`.")
    response = send_from_directory(found.folder, found.script, mimetype="text/javascript")
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR_S}, immutable"
    return response


@dataclass(frozen=True, slots=True)
class _Pair:
    """What is opened: a picture of the record, and a candidate with its picture."""

    anchor: ImageView | None
    candidate: RecordView | None = None
    image: ImageView | None = None


def _best_pair(session: Session, record: RecordView) -> _Pair:
    """Return the record's first usable picture beside its best suggestion, if that is shown."""
    anchor = clones.searchable_image(session, record.id) or next(iter(record.images), None)
    if anchor is None or not may_see_suggestions():
        return _Pair(anchor)
    run = clones.newest_run(session, record.id, anchor, DEFAULT_RECIPE)
    best = next(iter(clones.suggestions(session, run)), None) if run else None
    return _Pair(anchor, best.record, best.best.image) if best else _Pair(anchor)


def _pair_with(session: Session, record: RecordView, candidate: RecordView) -> _Pair:
    """Return the pictures by which a candidate was suggested, else the first of both."""
    for anchor in record.images:
        run = clones.newest_run(session, record.id, anchor, DEFAULT_RECIPE)
        for suggestion in clones.suggestions(session, run) if run else ():
            if suggestion.record.id == candidate.id:
                return _Pair(anchor, candidate, suggestion.best.image)
    return _Pair(next(iter(record.images), None), candidate, next(iter(candidate.images), None))


def _viewer_page(sides: list[tuple[RecordView, ImageView | None]], language: Language) -> Response:
    urls = service().urls
    nonce = secrets.token_urlsafe(16)
    found = viewer.installed()
    windows = [
        (record.id, canvas_of(image, record.id, urls) if image else None) for record, image in sides
    ]
    page = render_template(
        "viewer.html",
        language=language,
        nonce=nonce,
        viewer=found,
        config=viewer.config(windows, language, urls),
        sides=[
            {
                "title": title(record, language),
                "source": plain_text(record.source_title),
                "landing_page": http_uri(record.landing_page),
                "url": urls.record(record.id),
                "manifest": urls.manifest(record.id),
                "similar": urls.strip(record.id, lang=language),
            }
            for record, _ in sides
        ],
    )
    response = html_page(page, _VIEWER_CSP.format(nonce=nonce))
    if found is None:
        response.status_code = 503
    # The nonce makes every answer another one, so there is nothing to compare.
    response.headers["Cache-Control"] = "no-store"
    return response


def html_page(html: str, csp: str = _PLAIN_CSP) -> Response:
    """Return a page that loads nothing but what its policy names."""
    response = make_response(html)
    response.headers["Content-Security-Policy"] = csp + _EVERY_CSP
    return response
