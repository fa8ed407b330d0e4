"""The code location: what the UI shows of the graph before anything ran."""

import subprocess
import sys
from itertools import pairwise

import dagster as dg
import pytest

from slo_assets.definitions import ASSETS, build_defs, defs
from slo_assets.storage.deliverables import DELIVERABLES

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
)
SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
MATERIALIZED = ("log_events", *DELIVERABLES)


def test_the_definitions_can_be_loaded() -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_graph_holds_the_flow_the_reported_telemetry_and_the_configuration() -> None:
    assert set(SPECS) == {*FLOW, "reported_telemetry", "slo_config"}
    assert len(ASSETS) == len(SPECS)


@pytest.mark.parametrize(("upstream", "asset"), pairwise(FLOW))
def test_each_asset_reads_the_one_before_it_in_the_data_flow(upstream: str, asset: str) -> None:
    assert upstream in {dependency.asset_key.to_user_string() for dependency in SPECS[asset].deps}


@pytest.mark.parametrize("asset", MATERIALIZED)
def test_each_asset_is_described_grouped_owned_and_versioned(asset: str) -> None:
    spec = SPECS[asset]

    assert spec.description
    assert spec.group_name == "slo"
    assert spec.owners == ["team:sre"]
    assert spec.kinds in ({"python", "json"}, {"python", "parquet"})
    assert spec.code_version


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
