"""The code location: what the UI shows of the graph before anything ran."""

import datetime as dt
import subprocess
import sys
from itertools import pairwise

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.freshness import TimeWindowFreshnessPolicy

from slo_assets.definitions import ASSETS, build_defs, defs
from slo_assets.staleness import FOLLOWS_INPUT
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets_tests.conftest import ROOT

FLOW = (
    "production_logs",
    "log_events",
    "telemetry",
    "sli_framework",
    "sli_metrics",
    "slo_targets",
    "error_budgets",
    "sla_compliance_report",
    "slo_sli_sla_dashboard",
    "slo_workflow_state",
    "slo_dashboard_page",
)
SPECS = dict(sorted((spec.key.to_user_string(), spec) for spec in defs.resolve_all_asset_specs()))
MATERIALIZED = ("log_events", *DELIVERABLES, "slo_dashboard_page")


def test_the_definitions_can_be_loaded() -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_graph_holds_the_flow_the_reported_telemetry_and_the_configuration() -> None:
    assert set(SPECS) == {*FLOW, "reported_telemetry", "slo_config"}
    assert len(ASSETS) == len(SPECS)


@pytest.mark.parametrize(("upstream", "asset"), pairwise(FLOW))
def test_each_asset_reads_the_one_before_it_in_the_data_flow(upstream: str, asset: str) -> None:
    assert upstream in {dependency.asset_key.to_user_string() for dependency in SPECS[asset].deps}


@pytest.mark.parametrize("asset", SPECS)
def test_each_asset_is_described_grouped_owned_and_of_a_kind(asset: str) -> None:
    spec = SPECS[asset]

    assert spec.description
    assert spec.group_name == "slo"
    assert spec.owners == ["team:sre"]
    assert spec.kinds
    assert spec.tags["slo_assets/stage"]


@pytest.mark.parametrize("asset", MATERIALIZED)
def test_each_asset_that_is_made_is_versioned_and_says_how_it_is_stored(asset: str) -> None:
    assert SPECS[asset].code_version
    assert SPECS[asset].kinds in ({"python", "json"}, {"python", "parquet"}, {"python", "html"})


@pytest.mark.parametrize("asset", SPECS)
def test_each_asset_is_partitioned_by_month(asset: str) -> None:
    partitions = SPECS[asset].partitions_def

    assert partitions is not None
    assert partitions.get_partition_keys()[:2] == ["2025-01", "2025-02"]


def test_code_versions_differ_where_the_code_does() -> None:
    versions = [SPECS[asset].code_version for asset in MATERIALIZED]

    assert len(set(versions)) == len(versions)


def test_a_resource_can_be_replaced() -> None:
    marker = object()

    assert build_defs(resource_overrides={"clock": marker}).resources == {**(defs.resources or {}), "clock": marker}


def test_loading_the_definitions_imports_no_heavy_library() -> None:
    program = (
        "import sys, slo_assets.definitions\n"
        "print([name for name in ('pandas', 'pyarrow', 'numpy') if name in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("asset", MATERIALIZED)
def test_each_asset_is_overdue_after_a_night_without_materialization(asset: str) -> None:
    policy = SPECS[asset].freshness_policy

    assert isinstance(policy, TimeWindowFreshnessPolicy)
    assert policy.warn_window is not None
    assert policy.warn_window.to_timedelta() == dt.timedelta(hours=26)
    assert policy.fail_window.to_timedelta() == dt.timedelta(hours=36)


@pytest.mark.parametrize("job", ["materialize_month", "refresh_month"])
def test_what_is_judged_by_the_minute_is_no_step_of_a_months_run(job: str) -> None:
    checks = {key.name for key in defs.resolve_job_def(job).asset_layer.asset_graph.asset_check_keys}

    assert not checks & {"open_month_fresh", "logs_on_time"}
    assert "published_whole" in checks


def test_a_refresh_observes_what_it_is_made_from() -> None:
    graph = defs.resolve_job_def("refresh_month").asset_layer.asset_graph

    assert {key.path[-1] for key in graph.observable_asset_keys} == {
        "production_logs",
        "reported_telemetry",
        "slo_config",
    }


def test_runs_of_one_month_and_runs_that_follow_the_input_wait_for_each_other() -> None:
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    limits = {limit["key"]: limit for limit in settings["concurrency"]["runs"]["tag_concurrency_limits"]}

    assert limits["dagster/partition"] == {
        "key": "dagster/partition",
        "value": {"applyLimitPerUniqueValue": True},
        "limit": 1,
    }
    assert limits[FOLLOWS_INPUT]["limit"] == limits["dagster/backfill"]["limit"] == 1
