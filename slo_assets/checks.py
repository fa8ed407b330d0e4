"""What is worth a warning: each check's name, meaning and rule.

What belongs here: judgements over values that an asset has just made. They are evaluated inside the asset's
step, so that they cost no step of their own and stand beside the month's result.
Concept: https://docs.dagster.io/guides/test/asset-checks
"""

import re
import shlex
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from slo_assets.config import Unreadable as Limits
from slo_assets.domain.account import KEYS, Unreadable, visible, worst

# Checks by partition are marked as preview in this version of Dagster; without them, a month's result would
# hide another's.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)


#: Metadata of a result: a table of what was found, and how much that is.
FINDINGS, FINDING, COUNT = "findings", "finding", "count"
#: So many findings stand in a summary.
SHOWN = 3
#: A description is Markdown: what came out of a log could fetch a picture from elsewhere.
ACTIVE = re.compile(r"[\\`*\[\]<>~|]")


@dataclass(frozen=True)
class Check:
    """A check of one asset.

    Attributes:
        name: its name in the UI.
        description: what it says when it passes.
        severity: WARN asks for a look; ERROR says that the result cannot be trusted. A result may say otherwise.
        most: so many findings are listed; their true count stands beside them.
    """

    name: str
    description: str
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN
    most: int = 200

    def spec(self, asset: str, partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
        """Its definition for an asset."""
        return dg.AssetCheckSpec(self.name, asset=asset, description=self.description, partitions_def=partitions)

    def result(
        self, findings: Sequence[str], severity: dg.AssetCheckSeverity | None = None, **metadata: Any
    ) -> dg.AssetCheckResult:
        """Passed when there are no findings; otherwise they are listed.

        Args:
            findings: what is wrong, the gravest first.
            severity: where it depends on what was found.
            metadata: what else the UI shows.
        """
        records = [dg.TableRecord({FINDING: finding}) for finding in findings[: self.most]]
        table = {FINDINGS: dg.MetadataValue.table(records)} if records else {}
        return dg.AssetCheckResult(
            passed=not findings,
            check_name=self.name,
            severity=severity or self.severity,
            metadata={COUNT: len(findings), **table, **metadata},
            description=ACTIVE.sub(r"\\\g<0>", _summary(findings, len(findings))) or None,
        )


def findings_of(metadata: Mapping[str, dg.MetadataValue]) -> tuple[list[str], int]:
    """The findings that a result lists, and how many there are."""
    table, count = metadata.get(FINDINGS), metadata.get(COUNT)
    listed = table.records if isinstance(table, dg.TableMetadataValue) else []
    found = [str(record.data[FINDING]) for record in listed]
    return found, count.value or 0 if isinstance(count, dg.IntMetadataValue) else len(found)


def in_words(evaluation: dg.AssetCheckEvaluation) -> str:
    """What a result says on one line, as plain text."""
    return _summary(*findings_of(evaluation.metadata))


def _summary(findings: Sequence[str], count: int) -> str:
    return "; ".join(findings[:SHOWN]) + (f"; and {count - SHOWN} more" if count > SHOWN else "")


LOGS_READABLE = Check("logs_readable", "Every log file could be read and dated, and no line is later than the clock.")
LINES_READABLE = Check("lines_readable", "Of the logs' lines, no more are unreadable than logs.unreadable lets pass.")
EVENTS_MAPPED = Check("events_mapped", "Every event in the logs belongs to a configured component.", most=KEYS)
LOGS_ON_TIME = Check("logs_on_time", "Every source of logs has a line so often as its expectedEvery says.")
REPORTS_READABLE = Check("reports_readable", "Every telemetry file fits its schema and names known components.")
COMPONENTS_KNOWN = Check("components_known", "Every SLI of every component is known.")
BASELINE_COMPLETE = Check("baseline_complete", "Every earlier month of the baseline that has input was materialized.")
BUDGETS_LEFT = Check("budgets_left", "No error budget is exhausted.")
OPEN_MONTH_FRESH = Check(
    "open_month_fresh",
    "The month that is open is made every night, whatever is done about others.",
    dg.AssetCheckSeverity.ERROR,
)
OBJECTIVES_MET = Check("objectives_met", "No objective has failed.")
CONFIGURATION_VERSIONED = Check(
    "configuration_versioned", "The configuration's version is the one that follows from what was changed in it."
)
PUBLISHED_WHOLE = Check(
    "published_whole",
    "The published files are, byte for byte, the ones whose checksums the workflow state names.",
    dg.AssetCheckSeverity.ERROR,
)


def logs_readable(account: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Which files are set aside, and which have lines later than the clock."""
    aside = [(visible(entry["file"]), entry["reason"], visible(entry["detail"])) for entry in account["quarantine"]]
    findings = [f"{file}: {reason} ({detail})" for file, reason, detail in aside]
    findings += [f"{visible(file)}: {lines} lines later than the clock" for file, lines in account["future"].items()]
    return LOGS_READABLE.result(findings)


def lines_readable(account: Mapping[str, Any], limits: Limits) -> dg.AssetCheckResult:
    """How many of a hundred lines cannot be read: above ``errorPercent`` nobody should trust the month."""
    found = Unreadable.of(account)
    grave = found.percent > limits.error_percent
    findings = [_unreadable(account, found, limits)] if found.percent > limits.warn_percent else []
    severity = dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN
    return LINES_READABLE.result(findings, severity, percent=found.percent, **found.counts)


def _unreadable(account: Mapping[str, Any], found: Unreadable, limits: Limits) -> str:
    grave = found.percent > limits.error_percent
    limit = f"errorPercent {limits.error_percent:g}" if grave else f"warnPercent {limits.warn_percent:g}"
    files = worst(account, 3)
    told = ", ".join(f"{visible(file['file'])} ({Unreadable.of(file)} of {file['lines']:,})" for file in files)
    explain = f"slo-assets run --explain-rules {shlex.quote(visible(files[0]['file']))}"
    return (
        f"{found.percent:.4g} % of {found.lines:,} lines cannot be read, over logs.unreadable.{limit}: {found}; "
        f"most in {told}. Look at the samples in the metadata of log_events, set logs.maxLineBytes where lines are "
        f"over-long, and see what the rules make of the lines: {explain}"
    )


def events_mapped(account: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Which events no component takes, the most frequent first."""
    unmapped = sorted(account["unmapped"].items(), key=lambda entry: (-entry[1], entry[0]))
    findings = [f"{visible(event)}: {count} events" for event, count in unmapped]
    return EVENTS_MAPPED.result(findings, events=sum(account["unmapped"].values()))


def reports_readable(telemetry: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Which telemetry files are set aside, and which reported anomalies no component takes."""
    metadata = telemetry["metadata"]
    aside = [entry for entry in metadata["setAside"]["quarantine"] if entry["reason"] == "invalid telemetry"]
    findings = [f"{entry['file']}: {entry['detail']}" for entry in aside]
    findings += [f"{file}: made later than the clock" for file in metadata["setAside"]["futureReports"]]
    findings += [
        f"{a['file']}: unknown component {a['component']!r} ({a['id']})" for a in metadata["unmapped"]["anomalies"]
    ]
    return REPORTS_READABLE.result(findings)


def components_known(metrics: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Which SLIs are null, and why."""
    findings = [
        f"{name}: {sli} is unknown ({detail['reason']})"
        for name, figures in metrics["metrics"].items()
        for sli, detail in _details(figures)
        if "reason" in detail
    ]
    return COMPONENTS_KNOWN.result(findings)


def _details(figures: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    named = [(sli, figures[f"{sli}Detail"]) for sli in ("errorRate", "availability", "completeness", "freshness")]
    return [("latency", figures["latency"]), *named]


def baseline_complete(expected: Sequence[str], found: Sequence[str]) -> dg.AssetCheckResult:
    """Which earlier months are missing from the baseline."""
    missing = [period for period in expected if period not in found]
    remedy = "materialize it first, then this month again, since its targets come from the months before"
    return BASELINE_COMPLETE.result([f"{period} is not materialized: {remedy}" for period in missing])


def budgets_left(budgets: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Which budgets are used up, and since when."""
    findings = [
        f"{name}: the {what} budget is exhausted since {budget['alerts'][-1]['crossedAt']}"
        for name, budgets_of in budgets["errorBudgets"].items()
        for what, budget in (("availability", budgets_of), ("error-rate", budgets_of["errorRate"]))
        if budget["status"] == "exhausted"
    ]
    return BUDGETS_LEFT.result(findings)


def objectives_met(compliance: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Which objectives have failed."""
    findings = [
        f"{name}: {objective} {judged['status']}"
        for name, component in compliance["complianceReport"]["components"].items()
        for objective in ("availability", "latency", "errorRate")
        if (judged := component[f"{objective}Compliance"])["status"] == "failed"
    ]
    return OBJECTIVES_MET.result(findings)


def configuration_versioned(manifest: Mapping[str, Any]) -> dg.AssetCheckResult:
    """Whether the configuration declares a version below the one that follows from its changes."""
    declared, version = manifest["configuration"]["declaredVersion"], manifest["version"]
    changes = "; ".join(manifest["configuration"]["changes"]) or "an earlier change"
    finding = f"version is {declared}, and {version} follows from {changes}: set version: {version} in slo-config.yaml"
    return CONFIGURATION_VERSIONED.result([finding] if declared != version else [])


def published_whole(differing: Sequence[str]) -> dg.AssetCheckResult:
    """Which published files are missing or differ."""
    return PUBLISHED_WHOLE.result([f"{name} is missing or differs: materialize the month again" for name in differing])
