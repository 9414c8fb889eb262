"""How the tests get their parts: real ones, made for each test and closed by it.

`shared` is the folder of recorded partner answers, schemas and pictures that is not part of the
repository. Without it the tests that need it are skipped with a reason; under CI they fail.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.databases import (  # noqa: F401  fixtures
    database,
    database_url,
    fresh_url,
    postgresql_url,
    postgresql_with_tables,
)

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_folder() -> Path | None:
    """Return the shared folder, or None where there is none."""
    folder = Path(os.environ.get("DEDUP_SHARED") or REPOSITORY.parent / "shared")
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = shared_folder()
    if folder is None:
        message = "no folder named 'shared' beside the checkout and DEDUP_SHARED is not set"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
