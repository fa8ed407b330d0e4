"""Which file holds which asset: the names of the plan, each with a schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slo_assets.storage.deliverables import DELIVERABLES, WORKFLOW_STATE, file_name

ROOT = Path(__file__).parents[2]
PLAN = ROOT.parent / "shared" / "spec" / "implementation-plan.md"

#: By asset: its file, and how the workflow state calls it.
EXPECTED = {
    "telemetry": ("renderx-web-telemetry.json", "telemetry"),
    "sli_framework": ("sli-framework.json", "sliFramework"),
    "sli_metrics": ("sli-metrics.json", "sliMetrics"),
    "slo_targets": ("slo-targets.json", "sloTargets"),
    "error_budgets": ("error-budgets.json", "errorBudgets"),
    "sla_compliance_report": ("sla-compliance-report.json", "slaComplianceReport"),
    "slo_sli_sla_dashboard": ("slo-sli-sla-dashboard.json", "sloSliSlaDashboard"),
    "slo_workflow_state": ("slo-workflow-state.json", "sloWorkflowState"),
}


def test_the_deliverables_stand_in_the_order_of_the_data_flow() -> None:
    assert list(DELIVERABLES) == list(EXPECTED)
    assert DELIVERABLES["slo_workflow_state"] is WORKFLOW_STATE


@pytest.mark.parametrize(("asset", "names"), EXPECTED.items(), ids=EXPECTED)
def test_a_deliverable_has_a_file_and_a_checksum_key(asset: str, names: tuple[str, str]) -> None:
    deliverable = DELIVERABLES[asset]

    assert (deliverable.asset, deliverable.file, deliverable.checksum_key) == (asset, *names)
    assert file_name(asset) == names[0]


@pytest.mark.parametrize("asset", EXPECTED)
def test_a_deliverable_has_a_schema(asset: str) -> None:
    assert (ROOT / "schemas" / f"{DELIVERABLES[asset].name}.schema.json").is_file()


def test_what_is_no_deliverable_is_kept_as_parquet() -> None:
    assert "log_events" not in DELIVERABLES
    assert file_name("log_events") == "log-events.parquet"


def test_every_file_of_the_plan_is_a_deliverable_and_every_checksum_of_its_example_too() -> None:
    if not PLAN.exists():
        pytest.skip("the plan is not part of the repository")
    plan = PLAN.read_text(encoding="utf-8")
    files = set(re.findall(r"`(?:[\w./]*/)?([\w-]+\.json)`", plan))
    checksums = set(re.findall(r'"(\w+)": "(?:abc123|def456|ghi789)\.\.\."', plan))

    assert files - {deliverable.file for deliverable in DELIVERABLES.values()} == set()
    assert len(checksums) == 3
    assert checksums <= {deliverable.checksum_key for deliverable in DELIVERABLES.values()}
