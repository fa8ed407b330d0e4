"""Where people read more of an asset."""

from __future__ import annotations

import re
from pathlib import Path

import dagster as dg
import pytest

from slo_assets.assets import links as module
from slo_assets.definitions import defs
from slo_assets_tests.conftest import ROOT
from slo_assets_tests.docs.markdown import documents

METADATA = {spec.key.to_user_string(): spec.metadata for spec in defs.resolve_all_asset_specs()}


def sli_metrics() -> None:
    """A function with the name of an asset."""


@pytest.mark.parametrize("asset", sorted(METADATA))
def test_the_guide_the_schema_and_the_code_of_each_asset_are_there(asset: str) -> None:
    guide, _, heading = str(METADATA[asset]["guide"].value).partition("#")
    (code,) = METADATA[asset]["dagster/code_references"].code_references
    line = Path(code.file_path).read_text(encoding="utf-8").splitlines()[code.line_number - 1]

    assert (ROOT / guide).is_file()
    assert not heading or heading in documents()[guide].anchors
    assert (
        asset in {"production_logs", "log_events", "slo_dashboard_page"}
        or (ROOT / str(METADATA[asset]["schema"].value)).is_file()
    )
    assert re.match(r"@(monthly_asset|observed)\(", line)


def test_with_an_address_of_the_source_they_are_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SOURCE", "https://forge.example/slo_assets/blob/v1")
    found = module.links(sli_metrics)
    (code,) = found["dagster/code_references"].value.code_references

    assert found["guide"] == dg.MetadataValue.url(
        f"https://forge.example/slo_assets/blob/v1/{module.GUIDES['sli_metrics']}"
    )
    assert found["schema"] == dg.MetadataValue.url(
        "https://forge.example/slo_assets/blob/v1/schemas/sli-metrics.schema.json"
    )
    assert code.url == (
        "https://forge.example/slo_assets/blob/v1/slo_assets_tests/assets/test_links.py"
        f"#L{sli_metrics.__code__.co_firstlineno}"
    )
