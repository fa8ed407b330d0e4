"""Which asset is kept in which file, and which schema its document has to fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Deliverable:
    """A document that is published.

    Attributes:
        asset: the asset's key.
        name: the file's name without its suffix, which is also the schema's.
    """

    asset: str
    name: str

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.name}.json"

    @property
    def checksum_key(self) -> str:
        """How the workflow state calls it: the asset's key in camel case."""
        first, *rest = self.asset.split("_")
        return first + "".join(word.capitalize() for word in rest)


#: The sources, which users provide, and the asset that is no document.
SOURCES: Final = ("production_logs", "reported_telemetry")
LOG_EVENTS: Final = "log_events"
DASHBOARD: Final = Deliverable("slo_sli_sla_dashboard", "slo-sli-sla-dashboard")
WORKFLOW_STATE: Final = Deliverable("slo_workflow_state", "slo-workflow-state")

#: In the order of the data flow.
DELIVERABLES: Final[Mapping[str, Deliverable]] = {
    deliverable.asset: deliverable
    for deliverable in (
        Deliverable("telemetry", "renderx-web-telemetry"),
        Deliverable("sli_framework", "sli-framework"),
        Deliverable("sli_metrics", "sli-metrics"),
        Deliverable("slo_targets", "slo-targets"),
        Deliverable("error_budgets", "error-budgets"),
        Deliverable("sla_compliance_report", "sla-compliance-report"),
        DASHBOARD,
        WORKFLOW_STATE,
    )
}


def file_name(asset: str) -> str:
    """The name of the file in which an asset is kept."""
    return DELIVERABLES[asset].file if asset in DELIVERABLES else f"{asset.replace('_', '-')}.parquet"
