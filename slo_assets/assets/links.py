"""Where people read more of an asset: what its figures mean, the form of its document, its code.

With ``SLO_ASSETS_SOURCE`` these are addresses, else paths below the project's folder, and the code opens in an editor
of the machine that the UI runs on.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg

from slo_assets.settings import ROOT, Settings
from slo_assets.storage.deliverables import DELIVERABLES

# References to code are marked as beta in this version of Dagster.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

SOURCE = Settings.from_environment().source

#: Where people read what an asset's figures mean, in the project's folder.
GUIDES = {
    "production_logs": "docs/IMPLEMENTATION_GUIDE.md#your-own-applications-logs",
    "reported_telemetry": "docs/reference/telemetry.md",
    "slo_config": "docs/reference/configuration.md",
    "log_events": "docs/IMPLEMENTATION_GUIDE.md#rules-of-your-own",
    "telemetry": "docs/SLO_SLI_SLA_GUIDE.md#from-log-lines-to-anomalies",
    "sli_framework": "docs/SLO_SLI_SLA_GUIDE.md#indicators",
    "sli_metrics": "docs/SLO_SLI_SLA_GUIDE.md#indicators",
    "slo_targets": "docs/SLO_SLI_SLA_GUIDE.md#objectives",
    "error_budgets": "docs/SLO_SLI_SLA_GUIDE.md#error-budgets",
    "sla_compliance_report": "docs/SLO_SLI_SLA_GUIDE.md#compliance",
    "slo_sli_sla_dashboard": "docs/JSON_WORKFLOW_GUIDE.md#all-of-it-slo-sli-sla-dashboardjson",
    "slo_workflow_state": "docs/JSON_WORKFLOW_GUIDE.md#the-state-machine",
    "slo_dashboard_page": "docs/MONITORING_GUIDE.md#the-page",
}
#: The schema of an asset's document, or of the files that it observes.
SCHEMAS = {asset: deliverable.name for asset, deliverable in DELIVERABLES.items()} | {
    "reported_telemetry": "telemetry",
    "slo_config": "slo-config",
}


def links(function: Callable[..., Any]) -> dict[str, dg.MetadataValue[Any]]:
    """The links of an asset as its metadata.

    Args:
        function: what makes or observes the asset of its name.
    """
    asset, code = function.__name__, function.__code__
    found: dict[str, dg.MetadataValue[Any]] = {"guide": _file(GUIDES[asset])}
    if asset in SCHEMAS:
        found["schema"] = _file(f"schemas/{SCHEMAS[asset]}.schema.json")
    return found | {"dagster/code_references": _code(Path(code.co_filename), code.co_firstlineno)}


def _file(path: str) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.url(f"{SOURCE}/{path}") if SOURCE else dg.MetadataValue.path(path)


def _code(file: Path, line: int) -> dg.CodeReferencesMetadataValue:
    here: dg.LocalFileCodeReference | dg.UrlCodeReference = dg.LocalFileCodeReference(
        file_path=str(file), line_number=line
    )
    if SOURCE:
        here = dg.UrlCodeReference(url=f"{SOURCE}/{file.relative_to(ROOT).as_posix()}#L{line}")
    return dg.CodeReferencesMetadataValue(code_references=[here])
