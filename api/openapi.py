"""flask-smorest with types: blueprints whose endpoints say everything in one decorator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import marshmallow as ma
from flask import Flask
from flask_smorest import Api as SmorestApi
from flask_smorest import Blueprint as SmorestBlueprint
from flask_smorest.utils import prepare_response
from werkzeug.routing import BaseConverter

from api import problems
from api.schemas.common import Problem
from iiif_dedup.store.ids import ID_LENGTH
from iiif_dedup.store.sources import KEY_PATTERN

View = TypeVar("View", bound=Callable[..., Any])

_DESCRIPTION = "openapi"
_HEADERS = "x-headers"
_METHODS = {"get", "post", "patch", "delete"}
_ABOUT = (
    "Finds records of partner collections that show the same artefact. Errors are problem "
    "documents (RFC 9457); lists are paged by cursor; unknown query parameters are refused; every "
    "GET has an ETag. Where a key is set, writing, searching and the operator's views need it as "
    "`Authorization: Bearer KEY`."
)
_STABLE_ID = rf"[a-z2-7]{{{ID_LENGTH}}}"
_ANNOTATION_ID = rf"{_STABLE_ID}-[0-9a-f]{{20}}"


class _Pattern(BaseConverter):
    """A part of a URL that must match `regex`; everything else is 404."""

    part_isolating = True
    example = ""


class StableId(_Pattern):
    """An id made by `store.ids`."""

    regex = _STABLE_ID


class SourceKey(_Pattern):
    """A source's key."""

    regex = KEY_PATTERN


class AnnotationId(_Pattern):
    """A name made by `publish.annotations.annotation_id`."""

    regex = _ANNOTATION_ID


class EvidencePicture(_Pattern):
    """A picture that explains a suggestion."""

    regex = "(?:matches|overlay|difference)"


class Sha256(_Pattern):
    """A SHA-256 as hexadecimal digits."""

    regex = r"[0-9a-f]{64}"


_CONVERTERS = {
    "id": StableId,
    "source_key": SourceKey,
    "annotation_id": AnnotationId,
    "evidence_picture": EvidencePicture,
    "sha256": Sha256,
}


class Blueprint(SmorestBlueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A blueprint of endpoints that check and document themselves."""

    def endpoint(
        self,
        rule: str,
        *,
        method: str = "GET",
        query: type[ma.Schema] | None = None,
        body: type[ma.Schema] | None = None,
        returns: type[ma.Schema] | None = None,
        status: int = 200,
        content_types: tuple[str, ...] = ("application/json",),
        also: Mapping[int, type[ma.Schema]] | None = None,
        headers: Mapping[str, str] | None = None,
        fails: tuple[int, ...] = (),
    ) -> Callable[[View], View]:
        """Register a view function.

        Args:
            rule: Its URL.
            method: Its HTTP method; HEAD comes with GET.
            query: Schema of the query parameters; others are refused. Loaded, they are the
                view's first argument.
            body: Schema of the JSON body; loaded, it is the view's next argument.
            returns: Schema of the answer; None for a text that the view makes itself.
            status: Status of that answer.
            content_types: Media types of that answer.
            also: Further statuses of success, with their schemas.
            headers: Request headers that change the answer, with their meanings.
            fails: Statuses of problems beside those that every endpoint may answer.
        """

        def decorate(view: View) -> View:
            wrapped: Any = self.doc(**{_HEADERS: dict(headers or {})})(view)
            for code in fails:
                wrapped = self.alt_response(code, HTTPStatus(code).name)(wrapped)
            for code, schema in (also or {}).items():
                wrapped = self.alt_response(code, schema=schema, success=True)(wrapped)
            for content_type in content_types[1:] if returns else content_types:
                is_object = content_type.endswith("json")
                shape = returns or {"type": "object" if is_object else "string"}
                wrapped = self.alt_response(status, schema=shape, content_type=content_type)(
                    wrapped
                )
            if returns is not None:
                wrapped = self.response(status, returns, content_type=content_types[0])(wrapped)
            if body is not None:
                wrapped = self.arguments(body)(wrapped)
            if query is not None:
                wrapped = self.arguments(query, location="query")(wrapped)
            wrapped.query_names = frozenset(query().fields) if query else frozenset()
            self.route(rule, methods=[method], endpoint=view.__name__)(wrapped)
            return view

        return decorate


class Api(SmorestApi):  # type: ignore[misc]  # flask-smorest has no types
    """flask-smorest's Api with problem documents for errors."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = "PROBLEM"

    def _register_error_handlers(self) -> None:
        problems.register(self._app)

    def _register_responses(self) -> None:
        """Describe every error as a problem document with its own media type."""
        errors = {status.name: status.phrase for status in HTTPStatus if status >= 400}
        errors[self.DEFAULT_ERROR_RESPONSE_NAME] = "A problem document (RFC 9457)."
        for name, description in errors.items():
            response = {"description": description, "schema": Problem}
            prepare_response(response, self.spec, problems.MEDIA_TYPE)
            self.spec.components.response(name, response, lazy=True)


def register_converters(app: Flask, api: Api) -> None:
    """Let URLs name ids by pattern, in routes and in the description."""
    for name, converter in _CONVERTERS.items():
        app.url_map.converters[name] = converter
        pattern = f"^{converter.regex}$"
        api.register_converter(
            converter, lambda _c, pattern=pattern: {"type": "string", "pattern": pattern}
        )


def document(app: Flask, api: Api) -> None:
    """Complete the description with what holds for every endpoint, and keep it with `app`."""
    spec: dict[str, Any] = api.spec.to_dict()
    spec["info"]["description"] = _ABOUT
    spec["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    spec["servers"] = [{"url": "/"}]
    spec["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    spec["security"] = [{"key": []}, {}]
    # flask-smorest describes a header that we do without: our pages name the next one.
    del spec["components"]["schemas"]["PaginationMetadata"]
    for path in spec["paths"].values():
        for method in _METHODS & path.keys():
            _complete(path[method], method)
    app.extensions[_DESCRIPTION] = spec


def description_of(app: Flask) -> dict[str, Any]:
    """Return the description of the API (OpenAPI 3.1)."""
    found: dict[str, Any] = app.extensions[_DESCRIPTION]
    return found


def _complete(operation: dict[str, Any], method: str) -> None:
    """Name the request headers, and on GET the ETag and 304 (RFC 9110, section 13)."""
    headers: dict[str, str] = operation.pop(_HEADERS)
    responses = operation["responses"]
    if method == "get":
        headers["If-None-Match"] = "The ETag of an earlier answer."
        responses["304"] = {"description": "Nothing changed."}
        responses["200"].setdefault("headers", {})["ETag"] = {"schema": {"type": "string"}}
    for name, meaning in headers.items():
        operation.setdefault("parameters", []).append(
            {"in": "header", "name": name, "description": meaning, "schema": {"type": "string"}}
        )
    operation["responses"] = dict(sorted(responses.items()))
