"""Every error as a problem document (RFC 9457), with a `type` that stays the same for ever.

`PROBLEMS` is the list of types; `/problems/{slug}` shows each as a page. A view raises
`ProblemError`; what Flask, Werkzeug and webargs raise becomes the type of its status.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, json, request
from werkzeug.exceptions import HTTPException, InternalServerError

from api.context import service
from iiif_dedup.errors import CursorError
from iiif_dedup.types import Json

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One type of problem: its HTTP status, its title, and what a caller can do."""

    status: int
    title: str
    meaning: str


PROBLEMS: Mapping[str, ProblemType] = {
    "bad-request": ProblemType(400, "Bad request", "The request could not be read."),
    "key-required": ProblemType(
        401,
        "Key required",
        "Send the service's key as `Authorization: Bearer KEY`. The operator sets it as "
        "IIIF_DEDUP_API_KEY.",
    ),
    "forbidden": ProblemType(
        403,
        "Forbidden",
        "A service without a key serves its own machine alone, and pages of other sites may not "
        "make it write or search.",
    ),
    "not-found": ProblemType(404, "Not found", "There is nothing with this id at this URL."),
    "no-result": ProblemType(
        404,
        "No result yet",
        "This search has not been run. POST to the same URL starts it.",
    ),
    "no-evidence": ProblemType(
        404,
        "No evidence",
        "The search that proposed this pair weighed no evidence. POST to the record's clones "
        "searches again.",
    ),
    "no-picture": ProblemType(
        404,
        "No picture",
        "There is nothing to draw: the two pictures share no surface, or the service keeps no "
        "small JPEG of one of them; see IIIF_DEDUP_DERIVATIVES.",
    ),
    "method-not-allowed": ProblemType(
        405, "Method not allowed", "The header Allow names the methods of this URL."
    ),
    "conflict": ProblemType(409, "Conflict", "What should be made is there already."),
    "record-deleted": ProblemType(
        410, "Record deleted", "The partner deleted this record; `record` is what was known."
    ),
    "record-withdrawn": ProblemType(
        410, "Record withdrawn", "The operator took this record down; it stays away."
    ),
    "annotation-gone": ProblemType(
        410, "Annotation gone", "This was suggested once and no longer is."
    ),
    "result-gone": ProblemType(
        410, "Result gone", "The result that the cursor belongs to is gone; start without it."
    ),
    "too-large": ProblemType(413, "Too large", "The body of the request is too large."),
    "unsupported-media-type": ProblemType(
        415, "Unsupported media type", "Send JSON with `Content-Type: application/json`."
    ),
    "wrong-host": ProblemType(
        421, "Wrong host", "Ask the service by the name in its settings, or by localhost."
    ),
    "no-preview": ProblemType(
        422,
        "No preview",
        "What is at this address could not be read by any protocol; `detail` says why.",
    ),
    "invalid-parameters": ProblemType(
        422, "Invalid parameters", "`errors` names each parameter and what is wrong with it."
    ),
    "internal-error": ProblemType(
        500, "Internal error", "A fault of the service; its log says more."
    ),
    "queue-full": ProblemType(
        503, "Queue full", "Too many searches are waiting; come back after Retry-After."
    ),
    "busy": ProblemType(503, "Busy", "Too many callers wait already; come back after Retry-After."),
    "search-failed": ProblemType(
        503,
        "Search failed",
        "The last attempt failed a moment ago; after Retry-After a new one is made.",
    ),
}
_BY_STATUS = {
    400: "bad-request",
    401: "key-required",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-media-type",
    421: "wrong-host",
    422: "invalid-parameters",
    500: "internal-error",
}


class ProblemError(HTTPException):
    """Ends a request with a problem document.

    Args:
        slug: A key of `PROBLEMS`.
        detail: One sentence: what was expected, what came, what to do.
        headers: Further response headers.
        **members: Further members of the document.
    """

    def __init__(
        self, slug: str, detail: str, headers: Mapping[str, str] | None = None, **members: Json
    ) -> None:
        super().__init__(detail)
        self.slug = slug
        self.code = PROBLEMS[slug].status
        self.problem_headers = dict(headers or {})
        self.members = members


def invalid(location: str, name: str, message: str) -> ProblemError:
    """Return the problem of one invalid parameter in `query`, `json` or `path`."""
    return ProblemError(
        "invalid-parameters",
        f"The {location} parameter {name} is invalid: {message}",
        errors=[{"in": location, "name": name, "message": message}],
    )


def register(app: Flask) -> None:
    """Make every error of `app` a problem document."""
    app.register_error_handler(HTTPException, problem_response)
    app.register_error_handler(CursorError, _cursor_error)
    app.register_error_handler(RecursionError, _too_deep)


def problem_response(error: HTTPException) -> Response:
    """Return the problem document of an error."""
    status = error.code or 500
    slug = error.slug if isinstance(error, ProblemError) else _BY_STATUS.get(status, "bad-request")
    document: dict[str, Any] = {
        "type": service().urls.problem(slug),
        "title": PROBLEMS[slug].title,
        "status": status,
        "detail": _detail(error),
        "instance": request.path,
    }
    if isinstance(error, ProblemError):
        document |= error.members
    else:
        errors = list(_webargs_errors(getattr(error, "data", None)))
        if errors:
            document["detail"] = "; ".join(f"{item['name']}: {item['message']}" for item in errors)
            document["errors"] = errors
    response = Response(json.dumps(document), status, mimetype=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    _keep_headers(error, response)
    return response


def _detail(error: HTTPException) -> str:
    """Return one sentence; of our own faults nothing is told but that there was one."""
    if isinstance(error, InternalServerError):
        return PROBLEMS["internal-error"].meaning
    return error.description or PROBLEMS["bad-request"].meaning


def _keep_headers(error: HTTPException, response: Response) -> None:
    """Copy the headers that belong to the status, such as Allow and WWW-Authenticate."""
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if isinstance(error, ProblemError):
        response.headers.update(error.problem_headers)


def _webargs_errors(data: object) -> Iterator[dict[str, str]]:
    """Yield webargs' messages flat: where, which parameter, what is wrong."""
    messages = data.get("messages") if isinstance(data, Mapping) else None
    for location, fields in messages.items() if isinstance(messages, Mapping) else ():
        named = fields if isinstance(fields, Mapping) else {"": fields}
        for name, texts in named.items():
            yield {"in": str(location), "name": str(name), "message": _flat(texts)}


def _flat(texts: object) -> str:
    if isinstance(texts, list):
        return " ".join(str(text) for text in texts)
    return json.dumps(texts) if isinstance(texts, Mapping) else str(texts)


def _cursor_error(error: CursorError) -> Response:
    return problem_response(invalid("query", "cursor", str(error)))


def _too_deep(_error: RecursionError) -> Response:
    log.warning("a request's JSON was nested too deeply: %s", request.path)
    return problem_response(ProblemError("bad-request", "The JSON is nested too deeply."))
