"""The shipped sample through the whole graph, as `make run` does it."""

import hashlib
import json

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from slo_assets.jobs import MATERIALIZE_MONTH, OBSERVE_INPUTS
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets_tests.conftest import SAMPLE_MONTHS, Project

ASSETS = ("log_events", *DELIVERABLES)


def statuses(project: Project, month: str) -> dict[str, str]:
    report = json.loads(project.published(month, "sla-compliance-report").read_bytes())["complianceReport"]
    return {name: component["overallStatus"] for name, component in report["components"].items()}


def test_the_components_of_the_open_month_differ(sample: Project) -> None:
    assert statuses(sample, "2025-11") == {
        "canvas-component": "failed",
        "control-panel": "at-risk",
        "library-component": "met",
        "host-sdk": "met",
        "theme": "unknown",
    }


@pytest.mark.parametrize("month", SAMPLE_MONTHS)
def test_all_deliverables_of_a_month_are_published(sample: Project, month: str) -> None:
    folder = sample.published(month, "sli-metrics").parent

    assert sorted(path.name for path in folder.iterdir()) == sorted(d.file for d in DELIVERABLES.values())


def test_the_open_month_is_known_up_to_its_latest_line_or_report(sample: Project) -> None:
    metadata = json.loads(sample.published("2025-11", "renderx-web-telemetry").read_bytes())["metadata"]

    assert not metadata["closed"]
    assert "2025-11-23" <= metadata["asOf"] <= "2025-11-24T12:00:00Z"


def test_a_closed_month_is_known_to_its_end(sample: Project) -> None:
    metadata = json.loads(sample.published("2025-10", "renderx-web-telemetry").read_bytes())["metadata"]

    assert metadata["closed"]
    assert metadata["asOf"] == "2025-11-01T00:00:00Z"


@pytest.mark.parametrize("asset", ASSETS)
def test_the_data_version_is_the_checksum_of_the_file(sample: Project, asset: str) -> None:
    materialization = sample.materialization(asset, "2025-11")
    name = DELIVERABLES[asset].file if asset in DELIVERABLES else "log-events.parquet"
    checksum = hashlib.sha256(sample.work("2025-11", name).read_bytes()).hexdigest()

    assert materialization.tags is not None
    assert materialization.tags["dagster/data_version"] == checksum
    assert materialization.metadata["sha256"].value == checksum


@pytest.mark.parametrize("asset", DELIVERABLES)
def test_the_published_bytes_are_the_work_bytes(sample: Project, asset: str) -> None:
    deliverable = DELIVERABLES[asset]

    published = sample.published("2025-11", deliverable.name).read_bytes()

    assert published == sample.work("2025-11", deliverable.file).read_bytes()


def test_the_workflow_state_names_the_checksums_of_the_published_files(sample: Project) -> None:
    state = json.loads(sample.published("2025-11", "slo-workflow-state").read_bytes())["workflowState"]

    assert state["currentState"] == "MONITORING"
    for asset, deliverable in DELIVERABLES.items():
        if asset != "slo_workflow_state":
            data = sample.published("2025-11", deliverable.name).read_bytes()
            assert state["checksums"][deliverable.checksum_key] == f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_the_metadata_plots_figures_and_shows_a_table_and_the_document(sample: Project) -> None:
    metadata = sample.materialization("sli_metrics", "2025-11").metadata
    metrics = json.loads(sample.published("2025-11", "sli-metrics").read_bytes())["metrics"]

    assert metadata["canvas-component p95 (ms)"].value == metrics["canvas-component"]["latency"]["p95"]
    assert "theme p95 (ms)" not in metadata, "what is unknown is not plotted as 0"
    assert isinstance(metadata["components"], dg.TableMetadataValue)
    assert len(metadata["components"].records) == len(metrics)
    assert metadata["document"].value == f"```json\n{sample.published('2025-11', 'sli-metrics').read_text()}```"
    assert str(metadata["path"].value).endswith("work/2025-11/sli-metrics.json")


def test_the_check_of_an_unknown_component_warns_and_says_why(sample: Project) -> None:
    check = sample.check("sli_metrics", "components_known")

    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "theme: latency is unknown (no operation" in (check.description or "")


def test_the_baseline_of_the_third_month_is_the_two_before(sample: Project) -> None:
    targets = json.loads(sample.published("2025-11", "slo-targets").read_bytes())["sloTargets"]

    assert targets["canvas-component"]["availability"]["baselinePeriods"] == ["2025-09", "2025-10"]
    assert targets["canvas-component"]["availability"]["basis"] == "baseline"


def test_the_first_month_bootstraps_from_itself(sample: Project) -> None:
    targets = json.loads(sample.published("2025-09", "slo-targets").read_bytes())["sloTargets"]

    assert targets["canvas-component"]["availability"]["basis"] == "bootstrap"
    assert targets["canvas-component"]["availability"]["baselinePeriods"] == ["2025-09"]


def test_the_history_holds_every_month_up_to_the_own_one(sample: Project) -> None:
    report = json.loads(sample.published("2025-11", "sla-compliance-report").read_bytes())["complianceReport"]

    assert [past["period"] for past in report["history"]] == list(SAMPLE_MONTHS)


def test_a_second_run_changes_no_byte_and_leaves_nothing_stale(sample: Project) -> None:
    definitions = sample.definitions
    assert definitions.resolve_job_def(OBSERVE_INPUTS.name).execute_in_process(instance=sample.instance).success
    before = sample.bytes_by_file()
    job = definitions.resolve_job_def(MATERIALIZE_MONTH.name)

    for month in SAMPLE_MONTHS:
        assert job.execute_in_process(instance=sample.instance, partition_key=month).success

    assert sample.bytes_by_file() == before
    graph = definitions.resolve_asset_graph()
    stale = CachingStaleStatusResolver(sample.instance, graph, LoadingContextForTest(sample.instance))
    found = {(asset, month): stale.get_status(dg.AssetKey(asset), month) for asset in ASSETS for month in SAMPLE_MONTHS}
    assert set(found.values()) == {StaleStatus.FRESH}


def test_an_earlier_month_does_not_change_when_a_later_one_gets_input(sample: Project) -> None:
    october = {name: data for name, data in sample.bytes_by_file().items() if "/2025-10/" in name}
    extra = sample.data / "logs" / "2025-11" / "localhost-late.log"
    extra.write_text("2025-11-20T10:00:00Z ✅ BeatExecutor: Beat 1 (canvas:component:create) completed in 5ms\n")
    try:
        assert sample.run("2025-10").error == ""
        assert {name: data for name, data in sample.bytes_by_file().items() if "/2025-10/" in name} == october
    finally:
        extra.unlink()
