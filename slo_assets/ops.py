"""What is done to published months as a whole: looking for drift, and putting a release back.

What belongs here: work that makes no asset. It is thin, as assets are.
Concept: https://docs.dagster.io/guides/build/ops
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from slo_assets.periods import Period
from slo_assets.records import AUDIT_HEAD, Records
from slo_assets.resources import Inputs, Output
from slo_assets.storage.deliverables import WORKFLOW_STATE

if TYPE_CHECKING:
    from slo_assets.storage.publisher import Publisher
    from slo_assets.verification import Findings

#: Metadata of what a step ends with, for whoever started the job.
OUTCOME = "outcome"
#: After so many runs that were deleted, the log says how far that is.
PROGRESS = 500


class Verify(dg.Config):
    """Which months are looked at."""

    periods: list[str] = Field(default=[], description="All that were ever published where it is empty.")
    roll_back: bool = Field(default=True, description="Where the configuration allows it.")


class RollBack(dg.Config):
    """What is put back, and why."""

    period: str = Field(description="The month, YYYY-MM.")
    to: str = Field(default="", description="A release; the last good one where it is empty.")
    reason: str = Field(default="asked for", description="For the audit trail.")


@dg.op(out=dg.Out(dg.Nothing))
def verify_months(
    context: dg.OpExecutionContext,
    config: Verify,
    inputs: dg.ResourceParam[Inputs],
    output: dg.ResourceParam[Output],
) -> Any:
    """Hold published months against what was recorded, and put back the last good release where files have drifted.

    A check is evaluated only where its result is another than the last time, so that a year of hours that found nothing
    leaves nothing behind.
    """
    from slo_assets.verification import Verification, as_json

    found: list[Findings] = []
    verification = Verification(context.instance, inputs, output)
    for period in [Period(key) for key in config.periods] or verification.periods():
        findings = verification.of(period)
        publisher = output.publisher(period)
        if config.roll_back and inputs.config().releases.automatic_rollback:
            findings = _put_back(context, publisher, findings)
        _report(context, findings)
        found.append(findings)
        context.log.info(
            f"{period.key}: {len(findings.drifts)} drifts, {len(findings.audit)} faults in the audit trail"
        )
    yield dg.Output(None, metadata={OUTCOME: dg.MetadataValue.json({"months": as_json(found)})})


@dg.op(out=dg.Out(dg.Nothing))
def roll_back_month(context: dg.OpExecutionContext, config: RollBack, output: dg.ResourceParam[Output]) -> Any:
    """Put a release back: the one that is named, else the last good one."""
    publisher = output.publisher(Period(config.period))
    before = publisher.publication.release()
    release = publisher.rollback(config.to or None, config.reason, context.run.run_id)
    _record(context, publisher)
    outcome = {"period": config.period, "release": release, "before": before, "reason": config.reason}
    yield dg.Output(None, metadata={OUTCOME: dg.MetadataValue.json(outcome)})


def _put_back(context: dg.OpExecutionContext, publisher: "Publisher", findings: "Findings") -> "Findings":
    """Put the last good release back where files have drifted; where that cannot be, the month stays as found."""
    from slo_assets.storage.audit import AuditError
    from slo_assets.storage.releases import ReleaseError

    reason = "; ".join(str(drift) for drift in findings.drifts if drift.kind == "file")
    try:
        if not publisher.drifted():
            return findings
        findings = replace(findings, put_back=publisher.rollback(None, reason, context.run.run_id))
    except (AuditError, ReleaseError) as problem:
        context.log.error(f"{publisher.period.key}: nothing was put back: {problem}")
    else:
        _record(context, publisher)
    return findings


@dg.op(out=dg.Out(dg.Nothing))
def prune_runs(context: dg.OpExecutionContext) -> Any:
    """Delete the runs that nobody started by hand, that are some days old, and on which nothing rests any more."""
    from slo_assets.retention import outdated, remove

    record = context.instance.get_run_record_by_id(context.run.run_id)
    removed = outdated(context.instance, record.create_timestamp) if record else []
    for number, run_id in enumerate(removed, start=1):
        remove(context.instance, run_id)
        if number % PROGRESS == 0:
            context.log.info(f"{number} of {len(removed)} runs are deleted")
    yield dg.Output(None, metadata={OUTCOME: dg.MetadataValue.json({"deleted": len(removed)})})


def _record(context: dg.OpExecutionContext, publisher: "Publisher") -> None:
    """Tell the workflow state's asset what was put back, and where its audit trail ends now."""
    last = publisher.trail.last()
    head = {"sequence": last["sequence"], "hash": last["hash"]} if last else {}
    context.log_event(
        dg.AssetObservation(
            WORKFLOW_STATE.asset,
            partition=publisher.period.key,
            metadata={
                "release": publisher.publication.release() or "none",
                "reason": str(last.get("reason", "")) if last else "",
                AUDIT_HEAD: dg.MetadataValue.json(head),
            },
        )
    )


def _report(context: dg.OpExecutionContext, findings: "Findings") -> None:
    """Report the checks whose result is another than the last one of this month."""
    from slo_assets.drift_checks import results

    records = Records(context.instance)
    checks = results(findings)
    latest = records.evaluations(list(checks), findings.period)
    for key, result in checks.items():
        last = latest.get(key)
        if last is None or (last.passed, last.description) != (result.passed, result.description):
            context.log_event(records.evaluation(key, result, findings.period))  # type: ignore[arg-type]
