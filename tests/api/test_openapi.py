"""The description is valid, committed, and what the service does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis import Case
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.context import service_of
from api.openapi import description_of
from tests.api.builders import museums, record_id, run
from tests.api.test_clones import NEAREST

COMMITTED = json.loads((Path(__file__).resolve().parents[2] / "openapi/openapi.json").read_text())
OPERATIONS = [
    (path, method.upper())
    for path, operations in COMMITTED["paths"].items()
    for method in operations
    if method != "parameters"
]


def test_the_committed_description_is_up_to_date(app: Flask) -> None:
    assert json.loads(json.dumps(description_of(app))) == COMMITTED, "run make openapi"


def test_the_description_is_valid_openapi(app: Flask) -> None:
    description = description_of(app)
    validate(description)
    assert description["openapi"] == "3.1.0"


def test_everything_is_described(app: Flask) -> None:
    description = description_of(app)
    for path, operations in description["paths"].items():
        for method in ("get", "post", "patch", "delete"):
            operation = operations.get(method)
            if operation is None:
                continue
            assert operation["summary"].endswith("."), f"{method} {path} has no summary"
            assert "x-headers" not in operation
            for parameter in operation.get("parameters", []):
                assert parameter.get("description") or parameter["in"] == "path"


@pytest.fixture
def fuzzed(app: Flask) -> BaseSchema:
    """The description, bound to an application with data that its clients may know."""
    database = service_of(app).database
    museums(database)
    run(database, record_id(1), NEAREST)
    inner = app.wsgi_app

    def from_this_machine(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        return inner({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)

    app.wsgi_app = from_this_machine  # type: ignore[method-assign,assignment]
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_breaks_the_contract(fuzzed: BaseSchema, path: str, method: str) -> None:
    @settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=fuzzed[path][method].as_strategy())
    def ask(case: Case[Any]) -> None:
        # A cursor, a URL or a harvester's options can be wrong in more ways than a schema says.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    ask()
