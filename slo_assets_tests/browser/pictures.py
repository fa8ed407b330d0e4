"""The pictures of the guides, drawn anew from the sample: ``python -m slo_assets_tests.browser.pictures``.

They are looked at before they are committed. Each stays under 200 kB.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import FloatRect, Page, sync_playwright

from slo_assets_tests.browser.conftest import ARGUMENTS, CHROMIUM
from slo_assets_tests.conftest import ROOT, SAMPLE_NOW
from slo_assets_tests.production import BIN, free_port, service, until

IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 200_000
#: Milliseconds in which the graph has found its layout.
SETTLED = 4_000


def main() -> None:
    """Draw all pictures."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "home").mkdir()
        shutil.copy(ROOT / "dagster.yaml", folder / "home")
        variables = {
            **os.environ,
            "DAGSTER_HOME": str(folder / "home"),
            "SLO_ASSETS_DATA": str(ROOT / "data"),
            "SLO_ASSETS_OUTPUT": str(folder / "output"),
            "SLO_ASSETS_NOW": SAMPLE_NOW,
        }
        for command in ("run", "verify"):
            subprocess.run([BIN / "slo-assets", command], env=variables, check=True, stdout=subprocess.DEVNULL)
        with _ui(folder, variables) as address, _browser() as page:
            draw_ui(page, address)
            draw_page(page, folder / "output" / "pages" / "2025-11.html")
    large = [picture.name for picture in IMAGES.glob("*.png") if picture.stat().st_size > MOST_BYTES]
    if large:
        raise SystemExit(f"larger than {MOST_BYTES:,} bytes: {', '.join(large)}")


def draw_ui(page: Page, address: str) -> None:
    """The graph, an asset with its plots, its checks, and the dialog of a backfill."""
    page.set_viewport_size({"width": 1700, "height": 1100})
    page.goto(f"{address}/asset-groups")
    page.get_by_text("slo_workflow_state").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2 * SETTLED)
    graph: FloatRect = {"x": 540, "y": 110, "width": 1160, "height": 900}
    page.screenshot(path=IMAGES / "dagster-graph.png", clip=graph)
    page.get_by_text("Hide navigation").click()

    page.set_viewport_size({"width": 1200, "height": 720})
    page.goto(f"{address}/assets/sli_metrics?view=overview")
    page.get_by_text("Plots").first.click(timeout=60_000)
    page.wait_for_timeout(SETTLED)
    _keep(page, "dagster-plots")

    page.goto(f"{address}/assets/sla_compliance_report?view=checks")
    page.get_by_text("objectives_met").first.click(timeout=60_000)
    page.wait_for_timeout(SETTLED)
    _keep(page, "dagster-checks")

    page.goto(f"{address}/locations/slo_assets/jobs/materialize_month")
    page.get_by_role("button", name="Materialize all").first.click(timeout=60_000)
    months = page.get_by_role("dialog").get_by_placeholder("ex: 2025-01")
    months.fill("[2025-09...2025-10]")
    months.press("Tab")
    page.wait_for_timeout(SETTLED)
    page.get_by_role("dialog").first.screenshot(path=IMAGES / "dagster-backfill.png")


def draw_page(page: Page, path: Path) -> None:
    """What a page says first, and a component that was opened."""
    page.set_viewport_size({"width": 1280, "height": 600})
    page.goto(path.as_uri())
    _keep(page, "page")
    page.locator("#c-canvas-component").evaluate("(component) => component.scrollIntoView()")
    _keep(page, "page-component")


def _keep(page: Page, name: str) -> None:
    page.screenshot(path=IMAGES / f"{name}.png")


@contextmanager
def _ui(folder: Path, variables: dict[str, str]) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    # Without the daemon nothing runs, so that every picture shows the same.
    command = [BIN / "dagster-webserver", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    with service("webserver", command, folder, variables) as process:
        until(lambda: _answers(address), "the UI", process, pause=0.5)
        yield address


def _answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/server_info", timeout=5):  # noqa: S310
        return True
    return False


@contextmanager
def _browser() -> Iterator[Page]:
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=list(ARGUMENTS), timezone_id="UTC", color_scheme="light"
        )
        yield context.new_page()
        context.close()


if __name__ == "__main__":
    main()
