"""``slo_workflow_state``: the month's documents checked as a set, and published as a release."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from slo_assets.assets.common import materialized, monthly_asset, tables
from slo_assets.checks import (
    CONFIGURATION_VERSIONED,
    PUBLISHED_WHOLE,
    configuration_versioned,
    published_whole,
)
from slo_assets.periods import Period
from slo_assets.records import AUDIT_HEAD, Record, Records
from slo_assets.resources import Inputs, Output
from slo_assets.storage.deliverables import DELIVERABLES, LOG_EVENTS, SOURCES, WORKFLOW_STATE
from slo_assets.storage.io_manager import Sealed, seal

if TYPE_CHECKING:
    from slo_assets.storage.publisher import Published, Publisher

#: So many changed figures are listed; their true count stands beside them.
LISTED = 50


@monthly_asset(
    ins={asset: dg.AssetIn(asset) for asset in DELIVERABLES if asset != WORKFLOW_STATE.asset},
    checks=[PUBLISHED_WHOLE, CONFIGURATION_VERSIONED],
)
def slo_workflow_state(
    context: dg.AssetExecutionContext,
    inputs: dg.ResourceParam[Inputs],
    output: dg.ResourceParam[Output],
    **documents: Any,
) -> dg.MaterializeResult:
    """`slo-workflow-state.json`: state machine, checksums and trail; the deliverables are published as a release.

    Every document is held against its schema and against what Dagster recorded once more, and is published only
    together with the others. Unchanged content makes no new release.
    """
    from slo_assets.domain import workflow
    from slo_assets.domain.release import Origin

    period = Period(context.partition_key)
    config = inputs.config_of(period)
    records = _records(context, [LOG_EVENTS, *documents])
    sealed = {DELIVERABLES[asset]: seal(asset, document) for asset, document in documents.items()}
    checksums = {deliverable.checksum_key: f"sha256:{one.checksum}" for deliverable, one in sealed.items()}
    document = workflow.document(documents["sla_compliance_report"], checksums, period, config)
    sealed[WORKFLOW_STATE] = seal(WORKFLOW_STATE.asset, document)
    files = {deliverable.file: one for deliverable, one in sealed.items()}
    publisher = output.publisher(period)
    published = publisher.publish(
        {file: one.data for file, one in files.items()},
        _problems(records, {d.asset: one for d, one in sealed.items() if d is not WORKFLOW_STATE}, period),
        Origin(
            run_id=context.run.run_id,
            code_versions={asset: record.code_version for asset, record in records.items()}
            | {WORKFLOW_STATE.asset: str(context.assets_def.code_versions_by_key[context.asset_key])},
            inputs={name: version for r in records.values() for name, version in r.made_from.items() if name in SOURCES}
            | {LOG_EVENTS: records[LOG_EVENTS].checksum},
            config=config,
        ),
        config.releases,
    )
    return materialized(
        context,
        document,
        figures={"deliverables": len(sealed), "documents size (bytes)": sum(len(one.data) for one in sealed.values())},
        rows=[],
        checks=[published_whole(published.damaged), configuration_versioned(published.manifest)],
        **_told(publisher, published, files, context.run.run_id),
    )


def _records(context: dg.AssetExecutionContext, assets: list[str]) -> dict[str, Record]:
    known = Records(context.instance)
    found = {asset: known.of(asset, context.partition_key) for asset in assets}
    missing = [asset for asset, record in found.items() if record is None]
    if missing:
        msg = f"{', '.join(missing)} of {context.partition_key} have no record. Remedy: materialize the whole month."
        raise RuntimeError(msg)
    return {asset: record for asset, record in found.items() if record}


def _problems(records: Mapping[str, Record], sealed: Mapping[str, Sealed], period: Period) -> list[str]:
    """Why the documents are not those that were recorded, or do not belong together."""
    from slo_assets.domain.release import incoherent

    changed = [
        f"{asset} of {period.key} has the checksum {one.checksum}, and {records[asset].checksum} was recorded. "
        f"Remedy: materialize it and what is made from it"
        for asset, one in sealed.items()
        if one.checksum != records[asset].checksum
    ]
    return changed + incoherent({a: (r.checksum, r.made_from) for a, r in records.items()}, period)


def _told(publisher: "Publisher", published: "Published", files: Mapping[str, Sealed], run_id: str) -> dict[str, Any]:
    """What the UI shows of a release: what it is, how it came about, and what changed."""
    from slo_assets.domain.release import document_differences

    before: dict[str, Any] = {}
    if published.new and published.previous:
        kept = publisher.releases.documents(published.previous)
        before = {file: json.loads(data) for file, data in kept.items()}
    after = {file: one.value for file, one in files.items()} if before else {}
    rows, count = document_differences(before, after, LISTED)
    entries = publisher.said_by(run_id)
    configuration = published.manifest["configuration"]
    return {
        "release": published.release,
        "release is new": dg.MetadataValue.bool(published.new),
        "previous release": published.previous or "none",
        "changed figures": dg.MetadataValue.int(count),
        "configuration version": published.manifest["version"],
        "configuration changes": dg.MetadataValue.json(configuration["changes"]),
        "releases removed": dg.MetadataValue.json(list(published.pruned)),
        "states": " → ".join([entries[0]["from"], *(e["state"] for e in entries if "from" in e)]) if entries else "",
        "published at": dg.MetadataValue.path(str(publisher.publication.folder)),
        "manifest": dg.MetadataValue.json(published.manifest),
        AUDIT_HEAD: dg.MetadataValue.json({"sequence": entries[-1]["sequence"], "hash": entries[-1]["hash"]}),
        **tables({"changes since the previous release": rows}),
        **tables({"checksums": [{"file": file, "sha256": one.checksum} for file, one in files.items()]}),
    }
