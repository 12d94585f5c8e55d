"""A browser, and pages of it that fail the test when the page's own code does.

The browser is Debian's Chromium; where it is not, these tests fail and say how to install it.
Pictures are written into the directory that ``CARGA_SCREENSHOTS`` names. Those of the guide are made by
``CARGA_SCREENSHOTS=docs/es/img ./carga test tests/browser/test_{story,interruptions}.py``.
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.browser.stack import Bff, stack
from tests.support.worker_process import WorkerProcess, worker_process

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = (
    "Las pruebas de la página necesitan Chromium, y no está en PATH / the tests of the page need Chromium, "
    "which is not on PATH. Debian, Ubuntu: sudo apt install chromium. Fedora: sudo dnf install chromium."
)
#: What a browser logs of an answer that is an error; the page shows it, and tests look for that.
_FAILED_REQUEST = "Failed to load resource"

#: Milliseconds after which what a test waits for will not come: long, for what is awaited are conditions.
_PATIENCE = 30_000

_CONTEXT = {
    "locale": "es-CO",
    "timezone_id": "America/Bogota",
    "viewport": {"width": 1100, "height": 900},
}

Open = Callable[..., Awaitable[Page]]
Screenshot = Callable[..., Awaitable[None]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, for the whole session."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.fail(_MISSING, pytrace=False)
    expect.set_options(timeout=_PATIENCE)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        await running.close()


@pytest.fixture
async def bff(environment: dict[str, str]) -> AsyncIterator[Bff]:
    """API and BFF on stores of their own; nobody imports yet."""
    async with stack(environment) as running:
        yield running


@pytest.fixture
async def worker(environment: dict[str, str]) -> AsyncIterator[WorkerProcess]:
    """A worker beside them that commits every ten rows."""
    async with worker_process(environment) as running:
        yield running


@pytest.fixture
async def open_page(browser: Browser, bff: Bff) -> AsyncIterator[Open]:
    """Open the page: ``await open_page("#/tareas", **options of the browser context)``.

    What the page's scripts throw or log as an error, and what its policy forbids, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    async def open_one(path: str = "", **options: Any) -> Page:
        context = await browser.new_context(**{**_CONTEXT, **options})
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and not message.text.startswith(_FAILED_REQUEST)
                else None
            ),
        )
        page.set_default_timeout(_PATIENCE)
        await page.goto(f"{bff.url}/{path}")
        return page

    yield open_one
    for context in contexts:
        await context.close()
    assert complaints == []


@pytest.fixture
def screenshot(tmp_path: Path) -> Screenshot:
    """Take a picture of a page as it is seen, or of a part of it: ``await screenshot(page, "revision")``."""
    directory = Path(os.environ.get("CARGA_SCREENSHOTS") or tmp_path)

    async def take(shown: Page | Locator, name: str) -> None:
        await shown.screenshot(path=directory / f"{name}.png", animations="disabled")

    return take
