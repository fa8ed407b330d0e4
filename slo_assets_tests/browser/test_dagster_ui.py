"""Dagster's own UI, as operators use it: a month from the graph, its checks and figures, a backfill."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from slo_assets_tests.browser.conftest import CHROMIUM, OpenSheet, Sheet
from slo_assets_tests.conftest import ROOT, SAMPLE_NOW
from slo_assets_tests.domain.telling import failed, spread, text
from slo_assets_tests.production import untraced

#: A run of a month in a process of its own takes some ten seconds, and another one may be under way.
PATIENCE = 180


@dataclass(frozen=True)
class Ui:
    """A running UI."""

    address: str
    output: Path

    def ask(self, query: str) -> Any:
        """The answer to a GraphQL query."""
        body = json.dumps({"query": query}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.address}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def await_file(self, *parts: str) -> None:
        """Wait for a file of the output, as long as no run fails."""
        end = time.monotonic() + PATIENCE
        path = self.output.joinpath(*parts)
        while not path.exists():
            failures = self.ask("{runsOrError(filter:{statuses:[FAILURE]}){... on Runs{results{id jobName}}}}")
            assert failures["runsOrError"]["results"] == []
            assert time.monotonic() < end, f"{path} did not come"
            time.sleep(1)


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """The web server and the daemon of `make dev`, on data and a home of their own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    root = tmp_path_factory.mktemp("ui")
    (root / "home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", root / "home")
    (root / "data" / "logs").mkdir(parents=True)
    (root / "data" / "telemetry").mkdir()
    log = text(*spread(150, 10, 40), *(failed(3001 + n) for n in range(4)))
    for month in ("09", "10", "11"):
        (root / "data" / "logs" / f"app-{month}.log").write_text(log.replace("2025-11-", f"2025-{month}-"), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    settings = {
        "DAGSTER_HOME": str(root / "home"),
        "SLO_ASSETS_DATA": str(root / "data"),
        "SLO_ASSETS_OUTPUT": str(root / "output"),
        "SLO_ASSETS_NOW": SAMPLE_NOW,
    }
    told = root / "dagster-dev.log"
    with told.open("wb") as log_file:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**untraced(), **settings},
            stdout=log_file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + PATIENCE
        while not _answers(address):
            assert process.poll() is None, told.read_text("utf-8")[-2000:]
            assert time.monotonic() < end, told.read_text("utf-8")[-2000:]
            time.sleep(0.5)
        yield Ui(address, root / "output")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        _kill(process.pid)  # what did not end by itself must not outlive the test


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=5):  # noqa: S310
            return True
    except OSError:
        return False


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def materialize(sheet: Sheet, months: str) -> None:
    """Materialize all assets that a graph shows, as people do: pick months, launch."""
    page = sheet.page
    page.get_by_role("button", name="Materialize all").first.click(timeout=60_000)
    dialog = page.get_by_role("dialog")
    dialog.get_by_placeholder("ex: 2025-01").fill(months)
    dialog.get_by_placeholder("ex: 2025-01").press("Tab")
    sheet.keep(f"ui materialize {months}")
    dialog.get_by_role("button", name="Launch").click()
    expect(dialog).to_be_hidden(timeout=PATIENCE * 1000)


def test_a_month_from_the_graph_then_its_checks_figures_and_page(ui: Ui, open_sheet: OpenSheet) -> None:
    sheet = open_sheet(f"{ui.address}/asset-groups")
    page = sheet.page
    expect(page.get_by_text("slo_workflow_state").first).to_be_visible(timeout=60_000)
    materialize(sheet, "2025-11")
    ui.await_file("pages", "2025-11.html")

    page.goto(f"{ui.address}/assets/sla_compliance_report?view=checks")
    page.get_by_text("objectives_met").first.click(timeout=60_000)
    expect(page.get_by_text("No objective has failed.").first).to_be_visible(timeout=60_000)
    sheet.keep("ui checks")
    page.goto(f"{ui.address}/assets/sli_metrics?view=checks")
    page.get_by_text("components_known").first.click(timeout=60_000)
    findings = page.get_by_role("cell", name="theme: latency is unknown")
    expect(findings.last).to_be_visible(timeout=60_000)
    sheet.keep("ui findings")
    page.goto(f"{ui.address}/assets/sli_metrics?view=overview")
    expect(page.get_by_text("canvas-component p95 (ms)").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("schemas/sli-metrics.schema.json")).to_be_visible()
    expect(page.get_by_text("docs/SLO_SLI_SLA_GUIDE.md#indicators")).to_be_visible()
    sheet.keep("ui figures")
    page.goto(f"{ui.address}/assets/slo_dashboard_page?view=events")
    expect(page.get_by_text("4 of 5 components are unknown")).to_be_visible(timeout=60_000)
    page.get_by_text("[Show Markdown]").click()
    picture = page.get_by_role("dialog").get_by_role("img", name="error budget left")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.naturalWidth") > 400
    sheet.keep("ui burn-down")


def test_a_backfill_of_two_months_of_the_job_is_a_run_for_each(ui: Ui, open_sheet: OpenSheet) -> None:
    sheet = open_sheet(f"{ui.address}/locations/slo_assets/jobs/materialize_month")
    materialize(sheet, "[2025-09...2025-10]")
    for month in ("2025-09", "2025-10"):
        ui.await_file("published", month, "slo-workflow-state.json")

    backfills = ui.ask("{partitionBackfillsOrError{... on PartitionBackfills{results{partitionNames numPartitions}}}}")
    (backfill,) = backfills["partitionBackfillsOrError"]["results"]
    assert backfill["numPartitions"] == 2
    sheet.page.goto(f"{ui.address}/runs")
    expect(sheet.page.get_by_text("materialize_month").first).to_be_visible(timeout=60_000)
    sheet.keep("ui runs")
