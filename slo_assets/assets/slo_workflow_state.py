"""``slo_workflow_state``: the month's documents checked as a set, and published."""

from typing import Any

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset
from slo_assets.checks import PUBLISHED_WHOLE, published_whole
from slo_assets.periods import Period
from slo_assets.resources import Inputs, Output
from slo_assets.storage.deliverables import DELIVERABLES, WORKFLOW_STATE
from slo_assets.storage.io_manager import seal


@monthly_asset(checks=[PUBLISHED_WHOLE])
def slo_workflow_state(
    context: dg.AssetExecutionContext,
    telemetry: dict[str, Any],
    sli_framework: dict[str, Any],
    sli_metrics: dict[str, Any],
    slo_targets: dict[str, Any],
    error_budgets: dict[str, Any],
    sla_compliance_report: dict[str, Any],
    slo_sli_sla_dashboard: dict[str, Any],
    inputs: dg.ResourceParam[Inputs],
    output: dg.ResourceParam[Output],
) -> dg.MaterializeResult:
    """`slo-workflow-state.json`: state machine, checksums and trail; the deliverables go to `published/`.

    Every document is validated once more, and published only together with the others.
    """
    from slo_assets.domain import workflow

    period, config = Period(context.partition_key), inputs.config()
    documents = {
        "telemetry": telemetry,
        "sli_framework": sli_framework,
        "sli_metrics": sli_metrics,
        "slo_targets": slo_targets,
        "error_budgets": error_budgets,
        "sla_compliance_report": sla_compliance_report,
        "slo_sli_sla_dashboard": slo_sli_sla_dashboard,
    }
    sealed = {DELIVERABLES[asset]: seal(asset, document) for asset, document in documents.items()}
    publication = output.publication(period)
    state = workflow.run_through(publication.state())
    checksums = {deliverable.checksum_key: f"sha256:{one.checksum}" for deliverable, one in sealed.items()}
    document = workflow.document(sla_compliance_report, checksums, state, period, config)
    sealed[WORKFLOW_STATE] = seal(WORKFLOW_STATE.asset, document)
    publication.publish({deliverable.file: one.data for deliverable, one in sealed.items()})
    differing = publication.differing({deliverable.file: one.checksum for deliverable, one in sealed.items()})
    return materialized(
        context,
        document,
        figures={"deliverables": len(sealed), "documents size (bytes)": sum(len(one.data) for one in sealed.values())},
        rows=[],
        checks=[published_whole(differing)],
        state=state,
        **{
            "published at": dg.MetadataValue.path(str(publication.folder)),
            "checksums": dg.MetadataValue.json({d.file: one.checksum for d, one in sealed.items()}),
        },
    )
