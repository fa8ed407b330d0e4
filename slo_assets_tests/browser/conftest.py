"""A real browser: Debian's Chromium, driven by Playwright, with screenshots that people look at."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, sync_playwright

from slo_assets_tests.conftest import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: Chromium as root has no sandbox, and a test has no network to talk to.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREENSHOTS = ROOT / "build" / "screenshots"
#: A phone, a laptop and a screen on the wall.
WIDTHS = {"phone": (390, 844), "laptop": (1280, 800), "wall": (2560, 1440)}


@dataclass
class Sheet:
    """An open page, and what the browser said of it."""

    page: Page
    said: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """What axe-core finds, each with the first element concerned."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]

    def keep(self, name: str, *, whole: bool = False) -> None:
        """Keep a screenshot as a file."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name)}.png", full_page=whole)

    @property
    def overflows(self) -> bool:
        """Whether the page is wider than the window, so that people would have to scroll sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    @property
    def wide_tables(self) -> list[str]:
        """The tables that are wider than their frame, by their labels; those that a phone does not stack may be."""
        return list(
            self.page.evaluate(
                "[...document.querySelectorAll('.scroll:has(.stack)')]"
                ".filter((frame) => frame.scrollWidth > frame.clientWidth).map((frame) => frame.ariaLabel)"
            )
        )


OpenSheet = Callable[..., Sheet]


@pytest.fixture(scope="session")
def browser() -> Iterator[BrowserContext]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=list(ARGUMENTS), timezone_id="Pacific/Auckland"
        )
        yield context
        context.close()


@pytest.fixture
def open_sheet(browser: BrowserContext) -> Iterator[OpenSheet]:
    """Open an address or a file; the test fails where the browser finds an error in it."""
    sheets: list[Sheet] = []

    def open_one(address: str | Path, width: str = "laptop", scheme: str = "light") -> Sheet:
        page = browser.new_page()
        sheet = Sheet(page)
        sheets.append(sheet)
        wide, high = WIDTHS[width]
        page.set_viewport_size({"width": wide, "height": high})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.on("console", lambda message: sheet.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: sheet.said.append(f"error: {error}"))
        page.on("request", lambda request: sheet.fetched.append(request.url))
        page.goto(address.as_uri() if isinstance(address, Path) else address)
        return sheet

    yield open_one
    for sheet in sheets:
        sheet.page.close()
