"""Taking sources and records down, and moving a source to another protocol or address."""

from __future__ import annotations

from typing import Any

from flask import Response

from api import removing, sourcing
from api.auth import require_key
from api.blueprints.jobs import accepted
from api.blueprints.sources import known_source
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError, invalid
from api.schemas.harvesting import Job
from api.schemas.taking_down import MoveIn, Removal, RemovalQuery
from api.sourcing import UnusableSourceError
from iiif_dedup.errors import StoreError
from iiif_dedup.store import records, removal

blp = Blueprint("taking down", __name__, description="Removing sources, withdrawing records.")


@blp.endpoint("/sources/<source_key:key>/removal", returns=Removal, fails=(401, 404))
def show_removal(key: str) -> dict[str, Any]:
    """Tell what a removal of the source would take; nothing is removed."""
    require_key()
    with service().database.read() as session:
        known_source(session, key)
        return {"counts": removing.numbers(removal.preview(session, key))}


@blp.endpoint(
    "/sources/<source_key:key>",
    method="DELETE",
    query=RemovalQuery,
    returns=Removal,
    fails=(401, 404),
)
def remove_source(query: dict[str, Any], key: str) -> dict[str, Any]:
    """Take a source down: it is disabled, and its records become deleted.

    With `purge` also the pixels that no other record uses are gone. Verdicts are kept.
    """
    require_key()
    with service().database.read() as session:
        known_source(session, key)
    return {"counts": removing.remove(service(), key, purge=query["purge"])}


@blp.endpoint(
    "/sources/<source_key:key>/moves",
    method="POST",
    body=MoveIn,
    returns=Job,
    status=202,
    fails=(401, 404, 415),
)
def move_source(body: dict[str, Any], key: str) -> Response:
    """Give a source another protocol or address, and queue the harvest from there.

    Records that are found again by landing page, manifest or identifier keep their ids.
    `flask --app api sources migrate --dry-run` tells before how many that are.
    """
    require_key()
    with service().database.read() as session:
        known_source(session, key)
    try:
        job = sourcing.move(service(), key, body)
    except UnusableSourceError as error:
        raise invalid("json", error.field, str(error)) from error
    return accepted(job)


@blp.endpoint("/records/<id:record_id>/withdraw", method="POST", status=204, fails=(401, 404, 409))
def withdraw_record(record_id: str) -> tuple[str, int]:
    """Take one record down; it stays down when it is harvested again."""
    return _decided(record_id, withdrawn=True)


@blp.endpoint("/records/<id:record_id>/restore", method="POST", status=204, fails=(401, 404, 409))
def restore_record(record_id: str) -> tuple[str, int]:
    """Bring a record back that was withdrawn."""
    return _decided(record_id, withdrawn=False)


def _decided(record_id: str, *, withdrawn: bool) -> tuple[str, int]:
    require_key()
    decide = removal.withdraw if withdrawn else removal.restore
    with service().database.write() as session:
        if records.get(session, record_id) is None:
            raise ProblemError("not-found", f"There is no record {record_id!r}.")
        try:
            decide(session, record_id)
        except StoreError as error:
            raise ProblemError("conflict", str(error)) from error
    return "", 204
