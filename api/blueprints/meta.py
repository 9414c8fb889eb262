"""What the service says of itself: health, the API's description, the types of problems."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify, render_template
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from api.blueprints.pages import html_page
from api.context import Service, service
from api.openapi import Blueprint, description_of
from api.problems import PROBLEMS, ProblemError
from api.schemas.meta import Health
from iiif_dedup import __version__
from iiif_dedup.store import jobs, migrate
from iiif_dedup.store.jobs import Queue

blp = Blueprint("service", __name__, description="What the service says of itself.")


@blp.endpoint("/health", returns=Health, also={503: Health})
def show_health() -> tuple[dict[str, Any], int]:
    """Check the database and Redis.

    503 without a database. Without Redis the service is degraded: it answers, and searches wait
    until the scheduler finds them.
    """
    database, waiting = _database_health(service())
    redis = _redis_health(service())
    status = "ok" if database == redis == "ok" else "degraded"
    body = {
        "status": status if database == "ok" else "failing",
        "version": __version__,
        "checks": {"database": database, "redis": redis},
        "queued": waiting,
    }
    return body, 200 if database == "ok" else 503


@blp.endpoint("/openapi.json")
def show_openapi() -> Response:
    """Return the description of the API (OpenAPI 3.1)."""
    return jsonify(description_of(current_app))


@blp.endpoint("/docs", content_types=("text/html",))
def show_docs() -> Response:
    """Show the description of the API as a page."""
    description = description_of(current_app)
    return html_page(render_template("docs.html", description=description))


@blp.endpoint("/problems/<slug>", content_types=("text/html",), fails=(404,))
def show_problem(slug: str) -> Response:
    """Explain a type of problem."""
    if slug not in PROBLEMS:
        raise ProblemError("not-found", f"There is no type of problem {slug!r}.")
    return html_page(render_template("problem.html", slug=slug, problem=PROBLEMS[slug]))


def _database_health(parts: Service) -> tuple[str, dict[str, int]]:
    try:
        if not migrate.is_current(parts.database):
            return "not migrated: run `flask --app api migrate`", {}
        with parts.database.read() as session:
            return "ok", {queue.value: jobs.count_queued(session, queue) for queue in Queue}
    except SQLAlchemyError as error:
        current_app.logger.warning("the database does not answer: %s", error)
        return "does not answer", {}


def _redis_health(parts: Service) -> str:
    try:
        parts.redis.ping()
    except RedisError as error:
        current_app.logger.warning("Redis does not answer: %s", error)
        return "does not answer"
    return "ok"
