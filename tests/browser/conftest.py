"""A real Chromium, or a failure that says how to get one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

TIMEOUT_MS = 30_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    if not executable:
        pytest.fail("The browser tests need Chromium: run `make chromium`, or name it in CHROMIUM.")
    with sync_playwright() as playwright:
        # Root has no user namespaces in most containers, so Chromium's sandbox cannot start.
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        found = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when anything of it breaks or is blocked."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    found = context.new_page()
    found.set_default_timeout(TIMEOUT_MS)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield found
    context.close()
    assert complaints == []
