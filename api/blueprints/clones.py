"""Suggestions for a record: the stored result, or a search that makes one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from api.auth import require_key
from api.blueprints.jobs import RETRY_AFTER_S, accepted, job_json
from api.blueprints.records import known
from api.context import service
from api.openapi import Blueprint
from api.problems import ProblemError, invalid
from api.representations import clone_json, image_json, run_json, summary_json
from api.result_cursors import BEFORE_ALL, Place, place, read_cursor, write_cursor
from api.schemas.clones import Clones, ClonesQuery, SearchIn, Searching
from api.schemas.harvesting import Job
from api.scopes import contains
from api.thresholds import reading
from api.waiting import preferred_wait_s, wait_for
from iiif_dedup.errors import Reason
from iiif_dedup.search.recipes import DEFAULT_RECIPE
from iiif_dedup.store import clones, jobs, work
from iiif_dedup.store.clock import utc_now
from iiif_dedup.store.jobs import JobState, Queue
from iiif_dedup.store.models import Job as JobRow
from iiif_dedup.types import ImageView, RecordView, RunView
from workers.queues import wake

blp = Blueprint("clones", __name__, description="Records that may show the same artefact.")

QUEUE_FULL_RETRY_S = 30
UNSUCCESSFUL_KEPT_S = 60
"""How long it is said that a search failed, or could not start, before a GET tries again."""


@blp.endpoint(
    "/records/<id:record_id>/clones",
    query=ClonesQuery,
    returns=Clones,
    also={202: Searching},
    headers={"Prefer": "wait=N waits N seconds for a result, 30 at most (RFC 7240)."},
    fails=(401, 403, 404, 410, 503),
)
def show_clones(query: dict[str, Any], record_id: str) -> dict[str, Any] | Response:
    """Return the newest finished search, or start one.

    200 is the newest finished result, or `not_searchable` with the reason. 202 says that a
    search is queued, once however many ask; `Prefer: wait=N` waits up to 30 seconds for its
    result. Only who may search starts one, and HEAD never does.
    """
    with service().database.read() as session:
        record = known(session, record_id)
        found = _stored(session, record, query)
        last = None if found else clones.last_search(session, record_id, _lately())
    if found is None and last is not None:
        found = _unsuccessful(record, last)
    if found is not None:
        return found
    if request.method == "HEAD":
        raise ProblemError("no-result", "There is no result yet, and HEAD starts no search.")
    require_key()
    job = _queue_search(record_id, None, DEFAULT_RECIPE)
    wake(service().redis, job)
    waited_s = preferred_wait_s()
    waited = wait_for(service(), job.id, waited_s)
    applied = {"Preference-Applied": f"wait={waited_s}"} if waited else {}
    with service().database.read() as session:
        found = _stored(session, record, query) if waited else None
        job = jobs.get(session, job.id) or job
    if found is None:
        found = _unsuccessful(record, job)
    if found is not None:
        response = jsonify(Clones().dump(found))
        response.headers.update(applied)
        return response
    return _searching(job, applied)


@blp.endpoint(
    "/records/<id:record_id>/clones",
    method="POST",
    body=SearchIn,
    returns=Job,
    status=202,
    fails=(401, 404, 410, 415, 503),
)
def start_search(body: dict[str, Any], record_id: str) -> Response:
    """Queue a search, also where there is a result already, and from any picture."""
    require_key()
    with service().database.read() as session:
        record = known(session, record_id)
    if body["image"] is not None:
        picture_at(record, body["image"], "json")
    return accepted(_queue_search(record_id, body["image"], body["recipe"]))


def _stored(session: Session, record: RecordView, query: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is known without a search; None where only a search can tell.

    Raises:
        ProblemError: The cursor's result is gone, or nothing was searched from that picture.
    """
    if query["cursor"] is not None:
        run, after = _resume(session, record, query)
        return _result(session, record, run, query, after)
    if query["image"] is not None:
        picture = picture_at(record, query["image"], "query")
        run_of_picture = clones.newest_run(session, record.id, picture, DEFAULT_RECIPE)
        if run_of_picture is None:
            raise ProblemError(
                "no-result",
                f"Nothing was searched from picture {picture.position} yet; "
                f'POST {{"image": {picture.position}}} here does.',
            )
        return _result(session, record, run_of_picture, query, BEFORE_ALL)
    anchor = clones.searchable_image(session, record.id)
    if anchor is None:
        return _not_searchable(record, *why_not(record.images))
    newest = clones.newest_run(session, record.id, anchor, DEFAULT_RECIPE)
    return None if newest is None else _result(session, record, newest, query, BEFORE_ALL)


def _result(
    session: Session, record: RecordView, run: RunView, query: dict[str, Any], after: Place
) -> dict[str, Any]:
    urls, language = service().urls, service().settings.language
    read = reading(run, delta=query["delta"], budget=query["budget"])
    following = [
        suggestion
        for suggestion in clones.suggestions(session, run)
        if place(suggestion) > after and contains(query["scope"], suggestion.record, record)
    ]
    shown = following[: query["limit"]]
    more = len(following) > len(shown)
    return {
        "status": "searched",
        "record": summary_json(record, urls, language),
        "run": run_json(run, read),
        "anchor": image_json(run.anchor, record.id, urls),
        "items": [
            clone_json(suggestion, run, record, reading=read, urls=urls, language=language)
            for suggestion in shown
        ],
        "next": write_cursor(run.id, query["scope"], place(shown[-1])) if more else None,
    }


def _unsuccessful(record: RecordView, job: JobRow) -> dict[str, Any] | None:
    """Return why a search found that none can start; None for one that is under way.

    Raises:
        ProblemError: 503, since the search failed; a GET after Retry-After starts another one.
    """
    if job.state == JobState.FAILED:
        raise ProblemError(
            "search-failed",
            job.error or "The search failed without saying why.",
            {"Retry-After": str(UNSUCCESSFUL_KEPT_S)},
            job=service().urls.job(job.id),
        )
    result = job.result or {}
    if result.get("status") != "not_searchable":
        return None
    return _not_searchable(record, result["reason"], result["detail"])


def _not_searchable(record: RecordView, reason: str, detail: str) -> dict[str, Any]:
    """Return that nothing can be searched, which is normal in a batch."""
    return {
        "status": "not_searchable",
        "record": summary_json(record, service().urls, service().settings.language),
        "reason": reason,
        "detail": detail,
        "items": [],
        "next": None,
    }


def why_not(images: tuple[ImageView, ...]) -> tuple[Reason, str]:
    """Return why none of these pictures can be searched: a code, and a sentence."""
    if not images:
        return Reason.NO_IMAGES, "The record has no picture."
    pending = sum(image.state == "pending" for image in images)
    if pending:
        return (
            Reason.NO_USABLE_IMAGE,
            f"{pending} of {len(images)} pictures are still to be fetched; ask again later.",
        )
    if any(image.state == "ready" for image in images):
        return Reason.BLANK_IMAGE, "Every picture that could be fetched is blank."
    return (
        Reason.NO_USABLE_IMAGE,
        f"None of {len(images)} pictures could be used. The first: "
        f"{images[0].detail or images[0].reason}.",
    )


def _queue_search(record_id: str, position: int | None, recipe: str) -> JobRow:
    """Queue a search, or return the one that is queued or running.

    Raises:
        ProblemError: 503, since the queue is full; nothing was queued.
    """
    now = utc_now()
    limit = service().settings.queue_limit
    with service().database.write() as session:
        job = work.enqueue_search(
            session, record_id, position=position, recipe=recipe, clock=lambda: now
        )
        is_new = job.created_at == now
        # Raised inside the transaction, so that the new job is rolled back.
        if is_new and jobs.count_queued(session, Queue.INTERACTIVE) > limit:
            raise ProblemError(
                "queue-full",
                f"{limit} searches are waiting; come back in {QUEUE_FULL_RETRY_S} seconds.",
                {"Retry-After": str(QUEUE_FULL_RETRY_S)},
            )
    return job


def _searching(job: JobRow, headers: dict[str, str]) -> Response:
    response = jsonify(Searching().dump({"status": "searching", "job": job_json(job)}))
    response.status_code = 202
    response.headers["Location"] = service().urls.job(job.id)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers)
    return response


def _lately() -> datetime:
    return utc_now() - timedelta(seconds=UNSUCCESSFUL_KEPT_S)


def picture_at(record: RecordView, position: int, location: str) -> ImageView:
    """Return the picture at a position.

    Raises:
        ProblemError: There is none; the parameter `image` of that location is to blame.
    """
    for image in record.images:
        if image.position == position:
            return image
    raise invalid(location, "image", f"the record has no picture at position {position}")


def _resume(session: Session, record: RecordView, query: dict[str, Any]) -> tuple[RunView, Place]:
    """Return the run that a cursor is bound to, and the place behind which its page begins."""
    run_id, scope, after = read_cursor(query["cursor"])
    if scope != query["scope"]:
        raise invalid("query", "scope", f"the cursor belongs to scope={scope}")
    run = clones.load_run(session, run_id)
    if run is None:
        raise ProblemError(
            "result-gone", "The result that the cursor belongs to is gone; start without it."
        )
    if run.record_id != record.id:
        raise invalid("query", "cursor", "it belongs to another record")
    return run, after
